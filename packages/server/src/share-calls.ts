/** A function whose calls that come while one is under way get what that one gets. */
export function shareCalls<Result>(call: () => Promise<Result>): () => Promise<Result> {
  let current: Promise<Result> | undefined
  return () => {
    current ??= call().finally(() => {
      current = undefined
    })
    return current
  }
}
