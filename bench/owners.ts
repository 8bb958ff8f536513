import type { Sizes } from './sizes.ts'

/** How postings are spread over owners. */
export const distributions = ['uniform', 'zipf', 'hot'] as const
export type Distribution = (typeof distributions)[number]

/** The owner that all postings go to. */
export const hotOwner = 'hot'
/** The owner that another transaction locks. */
export const busyOwner = 'busy'

/** Returns the owner of a history with so many entries. */
export function historyOwner(entries: number): string {
  return `history-${entries}`
}

/** Returns the owners over which postings are spread. */
export function spreadOwners({ owners }: Sizes): string[] {
  return Array.from({ length: owners }, (_, index) => `owner-${index}`)
}

/** Returns so many different owners, from a random place in the list on. */
export function drawDifferent(owners: readonly string[], count: number): readonly string[] {
  const first = Math.floor(Math.random() * (owners.length - count))
  return owners.slice(first, first + count)
}

/** Returns a function that draws owners: all equally likely, the n-th with the likelihood 1/n, or always the same one. */
export function ownerDraw(distribution: Distribution, sizes: Sizes): () => string {
  const owners = spreadOwners(sizes)
  const at = (index: number) => owners[index] ?? hotOwner
  switch (distribution) {
    case 'uniform':
      return () => at(Math.floor(Math.random() * owners.length))
    case 'zipf':
      return zipfDraw(owners.length, at)
    case 'hot':
      return () => hotOwner
  }
}

function zipfDraw(count: number, at: (index: number) => string): () => string {
  const sums = new Float64Array(count)
  let sum = 0
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1)
    sums[index] = sum
  }
  return () => {
    const drawn = Math.random() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] ?? 0) <= drawn) low = middle + 1
      else high = middle
    }
    return at(low)
  }
}
