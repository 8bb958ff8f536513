import type { Sizes } from './sizes.ts'

/** How postings are spread over owners. */
export const distributions = ['uniform', 'zipf', 'hot'] as const
export type Distribution = (typeof distributions)[number]

/** The owner to whom all post. */
export const hotOwner = 'hot'
/** The owner whom another transaction locks. */
export const busyOwner = 'busy'

/** The owner of a history of so many entries. */
export function historyOwner(entries: number): string {
  return `history-${entries}`
}

/** The owners over whom postings are spread. */
export function spreadOwners({ owners }: Sizes): string[] {
  return Array.from({ length: owners }, (_, index) => `owner-${index}`)
}

/** So many different ones of these owners, from a place by chance on. */
export function drawDifferent(owners: readonly string[], count: number): readonly string[] {
  const first = Math.floor(Math.random() * (owners.length - count))
  return owners.slice(first, first + count)
}

/** A function that draws owners: each as likely, the n-th with the likelihood 1/n, or always the same. */
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
