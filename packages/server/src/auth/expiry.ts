/** The longest time that a timer takes. */
const maxTimerMs = 2 ** 31 - 1

/** Aborts when a moment has come, in milliseconds since 1970, unless the function that it returns is called before. */
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
