import { v7 as uuidv7 } from 'uuid'
import type { TransactionClient } from '../database.ts'
import { query } from '../database-errors.ts'
import type { LedgerBalance, LedgerEntry } from '../entry.ts'
import { LedgerError, type Refusal } from '../errors.ts'
import type { RowReader } from '../rows.ts'
import type { Draft, Line, PostingRequest } from './draft.ts'
import type { Report } from './events.ts'
import { type Outcome, refusalError } from './outcome.ts'

/** What was posted: the entries in order, and the balances of their owners after them. */
export interface PostedDraft<Operation extends string = string> {
  readonly entries: readonly LedgerEntry<Operation>[]
  readonly balances: readonly LedgerBalance[]
}

/** Posts drafts, each on its own, and answers in order what became of each. */
export type Post<Operation extends string> = (
  client: TransactionClient,
  drafts: readonly Draft[],
  options?: { readonly dryRun: boolean },
) => Promise<readonly (PostedDraft<Operation> | Refusal<Operation>)[]>

/** The one way to ledger.post, for an app. Every draft's outcome is reported, but for dry runs. */
export function createPost<Operation extends string>(
  app: string,
  rows: RowReader<Operation>,
  report: Report,
): Post<Operation> {
  const settle = (outcome: Outcome, draft: Draft): PostedDraft<Operation> | Refusal<Operation> => {
    if (outcome.outcome !== 'posted') return refusalError(outcome, draft, rows)
    return { entries: outcome.entries.map(rows.entry), balances: outcome.balances }
  }

  return async (client, drafts, { dryRun } = { dryRun: false }) => {
    const ownerIds = [...new Set(drafts.flatMap(({ lines }) => lines.map(({ ownerId }) => ownerId)))]
    const accounts = new Map(ownerIds.map((ownerId, index) => [ownerId, index + 1]))
    const requests = JSON.stringify(drafts.map((draft) => requestOf(draft, accounts)))
    const reportAll = (outcomeOf: (index: number) => LedgerError | PostedDraft | undefined) => {
      for (const [index, { lines }] of drafts.entries()) {
        const outcome = outcomeOf(index)
        if (outcome && !dryRun) report(lines, outcome)
      }
    }
    try {
      const [row] = await query(
        () => client.$queryRaw<{ result: readonly Outcome[] }[]>`
          SELECT ledger.post(${app}::text, ${ownerIds}::text[], ${requests}::json, ${dryRun}::boolean) AS result`,
      )
      const settled = drafts.map((draft, index) => {
        const outcome = row?.result[index]
        if (!outcome) throw new Error('ledger.post left a draft out')
        return settle(outcome, draft)
      })
      reportAll((index) => settled[index])
      return settled
    } catch (error) {
      if (error instanceof LedgerError) reportAll(() => error)
      throw error
    }
  }
}

/** Posts one draft. @throws Refusal */
export async function postOne<Operation extends string>(
  post: Post<Operation>,
  client: TransactionClient,
  { draft, dryRun }: PostingRequest,
): Promise<PostedDraft<Operation>> {
  const [settled] = await post(client, [draft], { dryRun })
  if (!settled) throw new Error('ledger.post left a draft out')
  if (settled instanceof LedgerError) throw settled
  return settled
}

/** A draft as ledger.request has it. */
export function requestOf(
  { nonce, metadata, lines, problems }: Draft,
  accounts: ReadonlyMap<string, number>,
) {
  return {
    id: uuidv7(),
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
