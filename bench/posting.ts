import { defineOperations, sharedOperations } from '@shared-ledger/ledger'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import type { Sql } from '../packages/ledger/src/database/sql.ts'
import { accountsOf } from '../packages/ledger/src/posting/accounts.ts'
import { callsOf } from '../packages/ledger/src/posting/calls.ts'
import type { Draft } from '../packages/ledger/src/posting/draft.ts'

/** The app of the benchmark. It has only the shared operations. */
export const app = 'bench'
/** The same app without a hash chain. bench/sql/tables.sql makes it from the ledger's functions. */
export const unchainedApp = 'unchained'
export const operations = defineOperations(sharedOperations)

/** What every variant posts. It spends one credit, so that each variant has to look at the balance. */
export const operation = 'CREDIT_SPEND'
export const amount = 1

/** Makes a posting for an owner, with its own nonce. */
export function postingFor(ownerId: string) {
  return { ownerId, operation, amount, nonce: crypto.randomUUID() } as const
}

/**
 * Wraps a connection or a pool of pg so that the ledger's calls can use it as a Prisma client. It prepares each
 * statement once.
 */
export function sqlOver(pg: Pick<pg.Pool, 'query'>): Sql {
  return async <Row>(text: string, values: readonly unknown[]) => {
    const name = `bench_${/ledger\.(\w+)/.exec(text)?.[1]}_${text.length}`
    const rows: Row[] = (await pg.query({ name, text, values: [...values] })).rows
    return rows
  }
}

const callsOfApps = { [app]: callsOf(app), [unchainedApp]: callsOf(unchainedApp) }

/** Makes the draft of a transaction with these entries. */
export function draftFor(
  entries: readonly { readonly ownerId: string; readonly operation: string; readonly amount: number }[],
  book = app,
): Draft {
  const lines = entries.map((entry) => ({ ...entry, book, requested: entry.amount }))
  return { id: uuidv7(), nonce: crypto.randomUUID(), metadata: {}, problems: [], lines }
}

/** Posts one entry for each of these owners in one call, as the ledger does. @throws Error when one is refused */
export async function postCall(
  sql: Sql,
  owners: readonly string[],
  of: typeof app | typeof unchainedApp = app,
): Promise<void> {
  const drafts = owners.map((ownerId) => draftFor([{ ownerId, operation, amount: -amount }], of))
  const skipBusy = owners.length > 1 // like the ledger's, a call of several leaves locked accounts out; here none is locked
  const { ids } = await callsOfApps[of].post(sql, drafts, accountsOf(drafts), {
    skipBusy,
    lockMs: null,
  })
  if (ids.length !== owners.length || ids.includes(null)) throw new Error('the ledger refused an entry')
}

/** Moves a credit from the first owner to the second in one transaction. @throws Error when it is refused */
export async function postTransfer(sql: Sql, [from = '', to = '']: readonly string[]): Promise<void> {
  const draft = draftFor([
    { ownerId: from, operation, amount: -amount },
    { ownerId: to, operation: 'CREDIT_ADD', amount },
  ])
  const calls = callsOf(app, { isOverShards: () => true })
  const { ids } = await calls.post(sql, [draft], accountsOf([draft]), {
    skipBusy: false,
    lockMs: null,
  })
  if (ids.includes(null)) throw new Error('the ledger refused a transfer')
}
