/** Adds to the count of a kind. */
export function increment(counts: Map<string, number>, kind: string, by = 1): void {
  counts.set(kind, (counts.get(kind) ?? 0) + by)
}
