import { createHash } from 'node:crypto'

/** Draws that are the same for the same seed. */
export interface Random {
  /** Returns a number from 0 to below 1. */
  next(): number
  /** Returns a whole number between both ends, which are included. */
  int(min: number, max: number): number
  chance(probability: number): boolean
  /** @throws RangeError for an empty list */
  pick<Item>(items: readonly Item[]): Item
  shuffle<Item>(items: readonly Item[]): Item[]
}

/** Creates draws from a seed of any parts. Each client's story has its own draws, which no other story changes. */
export function createRandom(...seed: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(seed.join('\0')).digest()
  let [a, b, c, d] = [
    digest.readInt32LE(0),
    digest.readInt32LE(4),
    digest.readInt32LE(8),
    digest.readInt32LE(12),
  ]
  // sfc32: small, fast, and good enough here.
  const next = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 2 ** 32
  }
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[int(0, items.length - 1)]
      if (item === undefined) throw new RangeError('There is nothing to pick from.')
      return item
    },
    shuffle(items) {
      const left = [...items]
      const shuffled = []
      while (left.length > 0) shuffled.push(...left.splice(int(0, left.length - 1), 1))
      return shuffled
    },
  }
}
