import { createBacklog, type Job } from './backlog.ts'
import type { Draft } from './draft.ts'
import { createSender, type PostBatch } from './sender.ts'

/** The most calls of ledger.post at once, not counting calls for busy accounts. */
const maxLanes = 2
/** How many drafts must wait before a second call starts. For fewer, one larger call is cheaper. */
const crowd = 64
/** The most entries in one call. A larger transaction goes alone. */
const maxEntries = 256
/** The pause between two looks at the busy accounts. */
const lookMs = 25
/** How long the account whose turn it is may keep a connection waiting. */
const turnMs = 1000

/**
 * Posts the drafts of many callers in few calls. An account is in one call at a time.
 *
 * Drafts for an account that another transaction has locked leave the lanes, so that they delay nobody else. One call
 * looks at all such accounts again and again, with one job of each. Another call waits for one of these accounts after
 * the other in PostgreSQL's own line of waiters, which gives a rarely free account its turn. It has only jobs for this
 * one account, so that it holds no other account up.
 *
 * @returns a function that rejects with AccountBusyError, TransactionConflictError or DatabaseUnavailableError. Each may
 *   be retried with the same nonce.
 */
export function createBatcher<Settled>(
  post: PostBatch<Settled>,
  /** How long a draft waits for an account that is locked elsewhere. */
  { patienceMs }: { readonly patienceMs: number },
): (draft: Draft) => Promise<Settled> {
  const backlog = createBacklog<Settled>()
  const send = createSender(post, backlog)
  const calls = { lane: 0, look: 0, turn: 0 }
  let arrivals = 0
  let isScheduled = false
  let nextLook: NodeJS.Timeout | undefined

  /** Runs once per turn of the event loop, so that the drafts of one turn go together. */
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      takeTurn()
      fillLanes()
      if (backlog.busyAccounts > 0) nextLook ??= setTimeout(look, lookMs)
    })
  }

  const call = async (kind: keyof typeof calls, jobs: readonly Job<Settled>[], waitMs = 0) => {
    if (jobs.length === 0) return
    calls[kind] += 1
    await send(jobs, waitMs)
    backlog.release(jobs)
    calls[kind] -= 1
    schedule()
  }

  const fillLanes = () => {
    while (calls.lane === 0 || (calls.lane < maxLanes && backlog.queued >= crowd)) {
      const jobs = backlog.take(maxEntries)
      if (jobs.length === 0) return
      void call('lane', jobs)
    }
  }

  /** Waits for the busy account whose turn it is. */
  const takeTurn = () => {
    if (calls.turn > 0) return
    void call('turn', backlog.takeLine(maxEntries), Math.min(turnMs, patienceMs))
  }

  /** Looks whether busy accounts are free again. */
  const look = async () => {
    clearTimeout(nextLook)
    nextLook = undefined
    backlog.giveUpOverdue()
    schedule()
    if (calls.look > 0) return
    const { busyAccounts } = backlog
    await call('look', backlog.takeOneOfEach(maxEntries))
    // Some are free again, and so may be the jobs behind them.
    if (backlog.busyAccounts < busyAccounts) void look()
  }

  return (draft) => {
    arrivals += 1
    const { lines } = draft
    return new Promise<Settled>((resolve, reject) => {
      backlog.add({
        draft,
        ownerIds: [...new Set(lines.map(({ ownerId }) => ownerId))],
        entries: lines.length,
        arrival: arrivals,
        deadline: performance.now() + patienceMs,
        resolve,
        reject,
      })
      schedule()
    })
  }
}
