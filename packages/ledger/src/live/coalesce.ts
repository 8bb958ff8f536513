import { setTimeout as delay } from 'node:timers/promises'

/**
 * Returns a function that calls `run` at once. Calls during a run lead to one more run, after a pause. Errors of `run`
 * are ignored, because nobody waits for it.
 */
export function coalesce(run: () => Promise<unknown>, pauseMs: number): () => void {
  let isBusy = false
  let isAskedAgain = false
  const ask = async () => {
    if (isBusy) {
      isAskedAgain = true
      return
    }
    isBusy = true
    await run().catch(() => {})
    await delay(pauseMs, undefined, { ref: false })
    isBusy = false
    if (!isAskedAgain) return
    isAskedAgain = false
    void ask()
  }
  return () => void ask()
}
