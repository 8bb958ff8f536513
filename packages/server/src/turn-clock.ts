/**
 * Tells whether this turn of the event loop has been at work for long: what is started in it, all others wait for.
 *
 * @returns asked first in a turn, begins to measure it.
 */
export function createTurnClock(longMs: number): () => boolean {
  let began: number | undefined
  return () => {
    if (began !== undefined) return performance.now() - began > longMs
    began = performance.now()
    setImmediate(() => {
      began = undefined
    })
    return false
  }
}
