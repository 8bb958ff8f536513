import { OverloadedError } from '../errors.ts'

/** Runs a read that looks at many rows, when it is its turn. @throws OverloadedError where that takes too long */
export type Scan = <Result>(read: () => Promise<Result>) => Promise<Result>

/** How many are under way at once: the pool's other connections are for postings, and for what looks at few rows. */
const atOnce = 2

/** How many may wait: what is done within a few seconds where each is short. */
const maxWaiting = 200

/** Lets few reads that look at many rows go on at once, the others in the order in which they came. */
export function createScans(patienceMs: number): Scan {
  let free = atOnce
  const waiting = new Set<() => void>()

  const takeTurn = () =>
    new Promise<void>((resolve, reject) => {
      if (free > 0) {
        free -= 1
        return resolve()
      }
      const refuse = () =>
        reject(new OverloadedError('Too many summaries and searches wait already. Try again shortly.'))
      if (waiting.size >= maxWaiting) return refuse()
      const begin = () => {
        clearTimeout(late)
        resolve()
      }
      const late = setTimeout(() => {
        waiting.delete(begin)
        refuse()
      }, patienceMs)
      waiting.add(begin)
    })
  const passOn = () => {
    const [next] = waiting
    if (!next) {
      free += 1
      return
    }
    waiting.delete(next)
    next()
  }

  return async (read) => {
    await takeTurn()
    try {
      return await read()
    } finally {
      passOn()
    }
  }
}
