import { exitCodes } from './exit.ts'

// npm passes Ctrl+C on, and the terminal sends it too. Signals within this time count as one.
const SAME_SIGNAL_MS = 1_000

const LOOK_AT_PARENT_MS = 250

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP, or when the npm that started us is gone. Calls `force` at a
 * later signal.
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

/** Returns a signal that is aborted when the command should stop. A second Ctrl+C ends the process at once. */
export function stopSignal(): AbortSignal {
  const stopped = new AbortController()
  onStopSignals({ stop: () => stopped.abort(), force: () => process.exit(exitCodes.interrupted) })
  return stopped.signal
}

// npm sends SIGTERM to the shell between it and us. That shell may die without passing it on, as dash does. We only
// notice that it has ended.
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
