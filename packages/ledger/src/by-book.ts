/** Returns a function that makes a value for each book, once. */
export function byBook<Value>(make: (book: string) => Value): (book: string) => Value {
  const made = new Map<string, Value>()
  return (book) => {
    const known = made.get(book)
    if (known !== undefined) return known
    const value = make(book)
    made.set(book, value)
    return value
  }
}
