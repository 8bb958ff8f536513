import pg from 'pg'
import { afterAll } from 'vitest'
import { createLedger, type LedgerEntry, type LedgerResult, type LedgerTransaction } from '../../src/index.ts'
import { openLedger, operations } from '../open-ledger.ts'

export const { database, pool, sql } = await openLedger()

// A superuser can do what the ledger's functions never do. Here no trigger, CHECK or key stops anybody.
export const intruder = new pg.Client({ connectionString: database.url })
await intruder.connect()
await intruder.query('DROP TRIGGER entries_append_only ON ledger.entries')
await intruder.query(`
  ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_available;
  ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_held;
  ALTER DOMAIN ledger.credits_from_0 DROP CONSTRAINT credits_from_0_range;
  ALTER DOMAIN ledger.place DROP CONSTRAINT place_range;
  ALTER TABLE ledger.holds DROP CONSTRAINT holds_captured_by;
  ALTER TABLE ledger.holds DROP CONSTRAINT holds_nonce_key;
`)
afterAll(() => intruder.end())

let apps = 0

/** Makes an app with some entries and holds of ada and bob, and without the keys of its partition. */
export async function seed() {
  apps += 1
  const app = `app_${apps}`
  await sql.query('SELECT ledger.set_operations($1, $2)', [app, Object.keys(operations)])
  const ledger = createLedger({ app, operations, pool })
  const add = { operation: 'CREDIT_ADD' } as const
  const spend = { operation: 'CREDIT_SPEND' } as const
  const first = ok(await ledger.postEntry({ ownerId: 'ada', ...add, amount: 20, nonce: 'first' })).entry
  const both = ok(
    await ledger.postTransaction({
      nonce: 'both',
      metadata: { why: 'test' },
      entries: [
        { ownerId: 'ada', ...spend, amount: 5 },
        { ownerId: 'bob', ...add, amount: 7 },
        { ownerId: 'ada', ...add, amount: 2 },
      ],
    }),
  ).transaction
  const undone = ok(
    await ledger.postTransaction({
      nonce: 'undone',
      entries: [
        { ownerId: 'ada', ...add, amount: 3 },
        { ownerId: 'bob', ...add, amount: 3 },
      ],
    }),
  ).transaction
  const undo = ok(await ledger.reverseTransaction({ id: undone.id, nonce: 'undo' })).transaction
  const refund = ok(await ledger.refundEntry({ id: first.id, amount: 4, nonce: 'refund' })).entry
  const hold = async (nonce: string) =>
    ok(await ledger.holdCredits({ ownerId: 'ada', ...spend, amount: 3, nonce, expiresIn: 3600 })).hold
  const live = await hold('live')
  const captured = await hold('captured')
  const capture = ok(await ledger.captureHold({ id: captured.id, amount: 2, nonce: 'capture' })).entry
  const released = ok(await ledger.releaseHold((await hold('released')).id)).hold
  await ledger.setOverdraft({ ownerId: 'bob', limit: 1 })
  await ledger.close()
  await unprotect(app)
  return {
    ...{ app, first, both, undone, undo, refund, live, captured, capture, released },
    ...{ spent: nth(both, 0), given: nth(both, 1), added: nth(both, 2) },
    ...{ adas: nth(undone, 0), bobs: nth(undone, 1), bobsBack: nth(undo, 0), adasBack: nth(undo, 1) },
  }
}

function nth({ entries }: LedgerTransaction, index: number): LedgerEntry {
  const entry = entries[index]
  if (!entry) throw new Error(`there is no entry ${index}`)
  return entry
}

export type Seed = Awaited<ReturnType<typeof seed>>

export function ok<Posted>(result: LedgerResult<Posted>): Posted {
  if (!result.ok) throw result.error
  return result
}

/** Drops the keys and the CHECK of an app's partition. */
export async function unprotect(app: string) {
  const { rows } = await intruder.query<{ drop: string }>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop
       FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'u', 'c') AND conislocal AND coninhcount = 0
      UNION ALL
     SELECT format('DROP INDEX %s', indexrelid::regclass)
       FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
      WHERE indrelid = $1::regclass AND indisunique AND c.oid IS NULL`,
    [`ledger.entries_${app}`],
  )
  for (const { drop } of rows) await intruder.query(drop)
}
