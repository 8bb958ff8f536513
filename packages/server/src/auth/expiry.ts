/** The longest delay that a timer takes. */
const maxTimerMs = 2 ** 31 - 1

/** Aborts `ends` at a moment, in milliseconds since 1970. The function that it returns cancels this. */
export function followExpiry({
  expiresOn,
  ends,
}: {
  readonly expiresOn: number
  readonly ends: AbortController
}): () => void {
  let timer: NodeJS.Timeout
  const wait = () => {
    const leftMs = expiresOn - Date.now()
    if (leftMs <= 0) return ends.abort()
    timer = setTimeout(wait, Math.min(leftMs, maxTimerMs))
  }
  wait()
  return () => clearTimeout(timer)
}
