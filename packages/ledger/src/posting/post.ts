import { SEVERAL_SHARDS, type Shards } from '../cluster/shards.ts'
import { query } from '../database/database-errors.ts'
import type { Sql } from '../database/sql.ts'
import { LedgerError } from '../errors.ts'
import type { Finders } from '../reading/finders.ts'
import type { RowReader } from '../rows.ts'
import { tracing } from '../tracing.ts'
import { type Account, accountKey, accountsOf } from './accounts.ts'
import type { AtWork } from './at-work.ts'
import { callsOf } from './calls.ts'
import { createDirectCalls } from './direct-calls.ts'
import type { Draft, PostingRequest } from './draft.ts'
import { imagined } from './dry-run.ts'
import type { Report } from './events.ts'
import { createLanes } from './lanes.ts'
import {
  type Answer,
  balanceOf,
  type PostedDraft,
  postedDraft,
  refusalError,
  type Settled,
} from './outcome.ts'
import { markPassing } from './passing.ts'
import { LockedElsewhere } from './sender.ts'

/** The two ways to post, and what was posted. */
export interface Post<Operation extends string> {
  /**
   * Posts a draft, together with the drafts of other callers. In an app's transaction, or as a dry run, it goes alone.
   */
  one(sql: Sql, request: PostingRequest): Promise<Settled<Operation>>
  /** Posts drafts in a call of their own, each on its own: in an app's transaction, as a list, or as a dry run. */
  alone(sql: Sql, drafts: readonly Draft[], dryRun: boolean): Promise<readonly Settled<Operation>[]>
  /** Returns the transaction with this id as it was posted, and the current balances of its owners. */
  posted(sql: Sql, id: string): Promise<PostedDraft<Operation>>
}

/** How long a batch waits for a lock that PostgreSQL cannot skip: of a table, or of an account that is being made. */
const skipMs = 50

/**
 * Makes an app's `Post`. Every draft's outcome is reported, except those of dry runs. Readers are woken once entries
 * are committed.
 */
export function createPost<Operation extends string>({
  app,
  rows,
  find,
  own,
  shards,
  patienceMs,
  report,
  wakeUp,
  atWork,
  append,
}: {
  readonly app: string
  readonly rows: RowReader<Operation>
  readonly find: Finders
  /** The ledger's own client. */
  readonly own: Sql
  readonly shards: Shards
  /** How long a posting waits for an account that is locked elsewhere. */
  readonly patienceMs: number
  readonly report: Report
  readonly wakeUp: () => void
  readonly atWork: AtWork
  /** Whether a single plain entry uses its own database function. True when left out. */
  readonly append?: boolean
}): Post<Operation> {
  const calls = callsOf(app, {
    append,
    isOverShards: (accounts) => shards.of(ownersOf(accounts)) === SEVERAL_SHARDS,
  })
  const directly = createDirectCalls(own, { patienceMs })

  const posted: Post<Operation>['posted'] = async (sql, id) => {
    const entries = (await find.entriesByTransaction(sql, id)) ?? []
    const accounts = new Map(entries.map((entry) => [accountKey(entry), entry]))
    const balances = await Promise.all(
      [...accounts.values()].map(({ book, ownerId }) => find.inBook(book).balance(sql, ownerId)),
    )
    return { entries: entries.map(rows.entry), balances }
  }

  const settledBy = (
    sql: Sql,
    answer: Answer,
    { drafts, accounts }: { readonly drafts: readonly Draft[]; readonly accounts: readonly Account[] },
  ): Promise<readonly (Settled<Operation> | LockedElsewhere)[]> => {
    let first = 0
    const settle = (draft: Draft, index: number) => {
      const place = { draft, index, first }
      first += draft.lines.length
      const outcome = answer.answers[index]
      if (!outcome) return postedDraft(answer, place, rows)
      switch (outcome.outcome) {
        case 'busy':
          return new LockedElsewhere(
            outcome.accounts.flatMap((number) => accounts[number - 1]?.ownerId ?? []),
          )
        case 'held':
        case 'prolonged':
        case 'released':
        case 'set':
          return { hold: outcome.details && rows.hold(outcome.details), balance: balanceOf(outcome, draft) }
        case 'duplicate':
          // An earlier attempt of the same call posted it, and its answer was lost.
          if (outcome.own && outcome.entry) return posted(sql, outcome.entry.transactionId)
          return refusalError(outcome, draft, rows)
        default:
          return refusalError(outcome, draft, rows)
      }
    }
    return Promise.all(drafts.map(settle))
  }

  const batched = createLanes<Settled<Operation>>(
    (drafts, waitMs) =>
      query(async () => {
        const wait = waitMs === 0 ? { skipBusy: true, lockMs: skipMs } : { skipBusy: false, lockMs: waitMs }
        const accounts = accountsOf(drafts)
        const sql = shards.sqlOf(ownersOf(accounts))
        return settledBy(sql, await calls.post(sql, drafts, accounts, wait), { drafts, accounts })
      }),
    { patienceMs, shardOf: ({ lines }) => shards.of(ownersOf(lines)) },
  )

  /** Reports the outcomes of drafts, and wakes readers once entries are committed. */
  const observed = async (
    drafts: readonly Draft[],
    isCommitted: boolean,
    settle: () => Promise<readonly Settled<Operation>[]>,
  ) => {
    try {
      const settled = await atWork.track(drafts.length, settle)
      for (const [index, outcome] of settled.entries()) report(drafts[index]?.lines ?? [], outcome)
      if (isCommitted && settled.some((outcome) => 'entries' in outcome)) wakeUp()
      return settled
    } catch (error) {
      if (error instanceof LedgerError) for (const { lines } of drafts) report(lines, error)
      throw error
    }
  }

  const callAlone = async (sql: Sql, drafts: readonly Draft[], dryRun: boolean) => {
    const accounts = accountsOf(drafts)
    // An app's own transaction has its own setting. The ledger's setting is told, as the call may be another node's.
    const wait = { skipBusy: false, lockMs: sql === own ? patienceMs : null }
    const settled = await directly(sql, ownersOf(accounts), async () => {
      const answer = dryRun
        ? await calls.tryOut(sql, drafts, accounts, wait)
        : await calls.post(sql, drafts, accounts, wait)
      return settledBy(sql, answer, { drafts, accounts })
    })
    const known = settled.map((outcome) => {
      if (outcome instanceof LockedElsewhere) throw new Error('a call that waits for accounts left one out')
      return outcome
    })
    const told = dryRun ? imagined(known, drafts) : known
    markPassing(drafts, told, dryRun)
    return told
  }

  const alone: Post<Operation>['alone'] = (sql, drafts, dryRun) => {
    if (dryRun) return callAlone(sql, drafts, dryRun)
    return observed(drafts, sql === own, () => callAlone(sql, drafts, dryRun))
  }

  return {
    alone,
    posted,
    async one(sql, { draft, dryRun }) {
      const isBatched = sql === own && !dryRun
      if (isBatched) tracing.tracer?.handedIn(draft)
      const [settled] = await (isBatched
        ? observed([draft], true, async () => [await batched(draft)])
        : alone(sql, [draft], dryRun))
      if (!settled) throw new Error('a draft was not settled')
      return settled
    },
  }
}

function ownersOf(accounts: readonly Account[]): readonly string[] {
  return accounts.map(({ ownerId }) => ownerId)
}
