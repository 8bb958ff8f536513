/**
 * Returns a function that tells whether this turn of the event loop has lasted longer than `longMs`. All other clients
 * wait while it lasts. The first call in a turn starts the measurement and returns false.
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
