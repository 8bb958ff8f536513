import type { TransactionClient } from '../database.ts'
import { query } from '../database-errors.ts'
import type { LedgerBalance, LedgerEntry } from '../entry.ts'
import { LedgerError } from '../errors.ts'
import type { Finders } from '../reading/finders.ts'
import type { Refusal } from '../refusals.ts'
import type { RowReader } from '../rows.ts'
import { batchLimits, createBatcher, LockedElsewhere } from './batcher.ts'
import type { DirectCalls } from './direct-calls.ts'
import type { Draft, Line, PostingRequest } from './draft.ts'
import type { Report } from './events.ts'
import { type Outcome, refusalError } from './outcome.ts'
import { markPassing } from './passing.ts'

/** What was posted: the entries in order, and the balances of their owners after them. */
export interface PostedDraft<Operation extends string = string> {
  readonly entries: readonly LedgerEntry<Operation>[]
  readonly balances: readonly LedgerBalance[]
}

/** What became of a draft: what was posted, or why not. */
export type Settled<Operation extends string> = PostedDraft<Operation> | Refusal<Operation>

/** Posts drafts, each on its own, and answers in order what became of each. */
export type Post<Operation extends string> = (
  client: TransactionClient,
  drafts: readonly Draft[],
  options?: { readonly dryRun: boolean },
) => Promise<readonly Settled<Operation>[]>

/** How long a batch waits where PostgreSQL cannot skip what is locked: a table, or an account that is being made. */
const skipMs = 50

/**
 * The one way to ledger.post, for an app. Single drafts of the ledger's own client go with those of other callers; what an
 * app's own transaction posts, a list and a dry run are calls of their own. Every draft's outcome is reported, but for dry
 * runs, and readers are woken once entries are committed.
 */
export function createPost<Operation extends string>({
  app,
  rows,
  find,
  prisma,
  directly,
  patienceMs,
  report,
  wakeUp,
}: {
  readonly app: string
  readonly rows: RowReader<Operation>
  readonly find: Finders
  readonly prisma: TransactionClient
  readonly directly: DirectCalls
  /** How long a posting waits for an account that is locked elsewhere. */
  readonly patienceMs: number
  readonly report: Report
  readonly wakeUp: () => void
}): Post<Operation> {
  const outcomeOf = (outcome: Exclude<Outcome, { outcome: 'busy' }>, draft: Draft): Settled<Operation> => {
    if (outcome.outcome !== 'posted') return refusalError(outcome, draft, rows)
    return { entries: outcome.entries.map(rows.entry), balances: outcome.balances }
  }

  /** One call of ledger.post. lockMs: how long it waits for a lock; null: as long as its connection does. */
  const call = async (
    client: TransactionClient,
    drafts: readonly Draft[],
    { dryRun = false, skipBusy = false, lockMs = null }: CallOptions,
  ): Promise<readonly (Settled<Operation> | LockedElsewhere)[]> => {
    const ownerIds = ownersOf(drafts)
    const accounts = new Map(ownerIds.map((ownerId, index) => [ownerId, index + 1]))
    const requests = JSON.stringify(drafts.map((draft) => requestOf(draft, accounts)))
    const [row] = await client.$queryRaw<{ result: readonly Outcome[] }[]>`
      SELECT ledger.post(
        ${app}::text, ${ownerIds}::text[], ${requests}::json, ${dryRun}::boolean, ${skipBusy}::boolean
      ) AS result
        FROM set_config('lock_timeout', coalesce(${lockMs}::text, current_setting('lock_timeout')), true)`
    const settle = (draft: Draft, index: number) => {
      const outcome = row?.result[index]
      if (!outcome) throw new Error('ledger.post left a draft out')
      if (outcome.outcome === 'busy') {
        return new LockedElsewhere(ownerIds.filter((_, index) => outcome.accounts.includes(index + 1)))
      }
      if (outcome.outcome === 'duplicate' && outcome.own && outcome.entry) {
        return posted(client, outcome.entry.transactionId)
      }
      return outcomeOf(outcome, draft)
    }
    return Promise.all(drafts.map(settle))
  }

  /** What was posted by an earlier attempt of the same call, whose answer was lost. */
  const posted = async (client: TransactionClient, id: string): Promise<PostedDraft<Operation>> => {
    const entries = (await find.entriesByTransaction(client, id)) ?? []
    const ownerIds = [...new Set(entries.map(({ ownerId }) => ownerId))]
    const balances = await Promise.all(ownerIds.map((ownerId) => find.balance(client, ownerId)))
    return { entries: entries.map(rows.entry), balances }
  }

  const batched = createBatcher<Settled<Operation>>(
    (drafts, waitMs) =>
      query(() => call(prisma, drafts, { skipBusy: waitMs === 0, lockMs: waitMs === 0 ? skipMs : waitMs })),
    { ...batchLimits, patienceMs },
  )
  const settle = async (
    client: TransactionClient,
    drafts: readonly Draft[],
    dryRun: boolean,
  ): Promise<readonly Settled<Operation>[]> => {
    const [only] = drafts
    if (client === prisma && !dryRun && only && drafts.length === 1) return [await batched(only)]
    const called = await directly(client, ownersOf(drafts), () => call(client, drafts, { dryRun }))
    const settled = called.flatMap((outcome) => (outcome instanceof LockedElsewhere ? [] : [outcome]))
    markPassing(drafts, settled, dryRun)
    return settled
  }

  return async (client, drafts, { dryRun } = { dryRun: false }) => {
    const reportAll = (outcomeOf: (index: number) => LedgerError | PostedDraft | undefined) => {
      for (const [index, { lines }] of drafts.entries()) {
        const outcome = outcomeOf(index)
        if (outcome && !dryRun) report(lines, outcome)
      }
    }
    try {
      const settled = await settle(client, drafts, dryRun)
      reportAll((index) => settled[index])
      const isCommitted = client === prisma && !dryRun
      if (isCommitted && settled.some((outcome) => !(outcome instanceof LedgerError))) wakeUp()
      return settled
    } catch (error) {
      if (error instanceof LedgerError) reportAll(() => error)
      throw error
    }
  }
}

interface CallOptions {
  readonly dryRun?: boolean
  readonly skipBusy?: boolean
  readonly lockMs?: number | null
}

const ownersOf = (drafts: readonly Draft[]) => [
  ...new Set(drafts.flatMap(({ lines }) => lines.map(({ ownerId }) => ownerId))),
]

/** Posts one draft. */
export async function postOne<Operation extends string>(
  post: Post<Operation>,
  client: TransactionClient,
  { draft, dryRun }: PostingRequest,
): Promise<Settled<Operation>> {
  const [settled] = await post(client, [draft], { dryRun })
  if (!settled) throw new Error('ledger.post left a draft out')
  return settled
}

/** A draft as ledger.request has it. */
export function requestOf(
  { id, nonce, metadata, lines, problems }: Draft,
  accounts: ReadonlyMap<string, number>,
) {
  return {
    id,
    nonce,
    metadata,
    invalid: problems.length > 0,
    lines: lines.map((line) => lineOf(line, accounts)),
  }
}

function lineOf(
  { ownerId, operation, amount, requested, limit, reverses, refunds, holdId }: Line,
  accounts: ReadonlyMap<string, number>,
) {
  return {
    account: accounts.get(ownerId),
    operation,
    amount,
    requested,
    limit_times: limit?.times,
    limit_per: limit?.per,
    reverses,
    refunds,
    hold_id: holdId,
  }
}
