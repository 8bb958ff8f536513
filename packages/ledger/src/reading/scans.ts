import { OverloadedError } from '../errors.ts'

/** Runs a read that looks at many rows, when its turn comes. @throws OverloadedError when that takes too long */
export type Scan = <Result>(read: () => Promise<Result>) => Promise<Result>

/** How many scans run at once. The pool's other connections stay free for postings and small reads. */
const atOnce = 2

/** How many scans may wait. Short scans work this many off within a few seconds. */
const maxWaiting = 200

/** Runs a few scans at once. The others wait and start in the order in which they came. */
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
        reject(new OverloadedError('Too many summaries and searches already wait. Try again shortly.'))
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
