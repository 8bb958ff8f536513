import { setTimeout as delay } from 'node:timers/promises'

/**
 * A function that runs another one at once; asked meanwhile, however often, once more after it and a pause.
 * Failures are its own: none is reported, nobody waits for it.
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
