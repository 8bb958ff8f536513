// npm passes Ctrl+C on to us, and the terminal sends it too: what comes within this time is one and the same.
const SAME_SIGNAL_MS = 1_000

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP, and `force` at a later one.
 */
export function onStopSignals({ stop, force }: { stop: () => void; force: () => void }): void {
  let first: number | undefined
  const receive = () => {
    if (first === undefined) {
      first = Date.now()
      stop()
    } else if (Date.now() - first > SAME_SIGNAL_MS) {
      force()
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, receive)
}
