/**
 * Returns a function whose callers go on in later turns of the event loop: `perTurn` callers per turn, in the order in
 * which they came. A thousand callers that wake at once then do not hold everything else up.
 */
export function createTurns(perTurn: number): () => Promise<void> {
  const waiting: (() => void)[] = []
  let left = perTurn
  let isScheduled = false

  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      left = perTurn
      for (const goOn of waiting.splice(0, perTurn)) {
        left -= 1
        goOn()
      }
      if (waiting.length > 0) schedule()
    })
  }

  return () =>
    new Promise((resolve) => {
      schedule()
      if (left > 0 && waiting.length === 0) {
        left -= 1
        resolve()
      } else waiting.push(resolve)
    })
}
