// npm passes Ctrl+C on to us, and the terminal sends it too: what comes within this time is one and the same.
const SAME_SIGNAL_MS = 1_000

const LOOK_AT_PARENT_MS = 250

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP, or when the npm that started us is gone, and `force` at a later
 * signal.
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
  whenParentEnds(() => {
    if (first === undefined) receive()
  })
}

// npm sends SIGTERM to the shell between it and us. That shell may die of it (dash does) without passing it on: its end
// is all that we see.
function whenParentEnds(ended: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    ended()
  }, LOOK_AT_PARENT_MS)
  timer.unref()
}
