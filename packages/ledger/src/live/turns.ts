/**
 * Lets so many callers go on in each turn of the event loop, the others in later turns, in the order in which they came:
 * what wakes a thousand at once must not keep everything else waiting until all of them are done.
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
