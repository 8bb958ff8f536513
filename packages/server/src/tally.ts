/** Counts by name. A name whose count is 0 is forgotten, and undefined is not counted. */
export interface Tally {
  of(name: string | undefined): number
  add(name: string | undefined): void
  remove(name: string | undefined): void
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  const of = (name: string | undefined) => (name === undefined ? 0 : (counts.get(name) ?? 0))
  const change = (name: string | undefined, by: number) => {
    if (name === undefined) return
    const count = of(name) + by
    if (count > 0) counts.set(name, count)
    else counts.delete(name)
  }
  return { of, add: (name) => change(name, 1), remove: (name) => change(name, -1) }
}
