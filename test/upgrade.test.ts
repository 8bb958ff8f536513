import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import {
  createLedger,
  createPool,
  defineOperations,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { verifyLedger } from '@shared-ledger/ledger/verify'
import { findRoot, historyOf, migrate, withConnection } from '@shared-ledger/postgres'
import { copyProject, createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { expect, test } from 'vitest'

const root = findRoot()
const operations = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  GAME_VISIT: { amount: 0 },
  GAME_TICKET: { amount: { min: -100, max: -1 } },
  GAME_FEE: { amount: -1, retired: true },
})

const scripts = path.join(root, 'test/upgrade')
const released = readdirSync(scripts).map((file) => path.basename(file, '.sql'))

/** Migrates a database up to one of the ledger's migrations. */
async function migrateTo(databaseUrl: string, last: string): Promise<void> {
  const project = copyProject()
  try {
    const { migrations } = historyOf(project.root, 'ledger')
    const later = readdirSync(migrations).filter((name) => /^\d/.test(name) && name > last)
    for (const name of later) rmSync(path.join(migrations, name), { recursive: true })
    await migrate({ databaseUrl, root: project.root, apps: [], log: () => {} })
  } finally {
    project.remove()
  }
}

test.each(released)('a database of %s, with rows of every kind, becomes a current one', async (migration) => {
  const database = await createEmptyDatabase()
  const run = (sql: string) => withConnection(database.directUrl, (connection) => connection.query(sql))
  const pool = createPool(database.url)
  const ledger = createLedger({ app: 'games', operations, pool })
  try {
    await migrateTo(database.directUrl, migration)
    await run(readFileSync(path.join(scripts, `${migration}.sql`), 'utf8'))
    await migrate({ databaseUrl: database.directUrl, root, apps: [], log: () => {} })
    await run(`CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
      RETURN timestamptz '2026-11-29 14:00Z'`) // while the live hold is live

    const verify = () => withConnection(database.directUrl, (connection) => verifyLedger(connection))
    expect(await verify()).toMatchObject({
      apps: [{ app: 'games', accounts: 3, entries: 16, holds: 4 }],
      broken: [],
    })
    expect(await Promise.all(['ada', 'bob', 'cyd'].map((owner) => ledger.balance(owner)))).toMatchObject([
      { amount: 63, held: 0, available: 63 },
      { amount: 23, held: 6, available: 17 },
      { amount: -30, overdraft: 50, available: 20 },
    ])
    expect(await ledger.balanceAt('ada', new Date('2026-11-29T12:30Z'))).toMatchObject({ amount: 99 })
    expect(await Promise.all(['1', '2', '3', '4'].map(ledger.hold))).toMatchObject([
      { status: 'EXPIRED' },
      { status: 'RELEASED' },
      { status: 'CAPTURED', capturedBy: '16' },
      { status: 'HELD' },
    ])

    // Postings after the upgrade know the nonces, originals and holds from before.
    const add = { ownerId: 'ada', operation: 'CREDIT_ADD', amount: 100 } as const
    const metadata = { from: 'shop', note: 'élan "x"' }
    const plain = await ledger.postEntry({ ...add, nonce: 'plain', metadata })
    expect(plain).toMatchObject({ error: { code: 'DUPLICATE_NONCE', identical: true, entry: { id: '1' } } })
    expect(await ledger.postEntry({ ...add, nonce: 'released' })).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: false },
    })
    expect(await ledger.refundEntry({ id: '4', amount: 7, nonce: 'more' })).toMatchObject({
      error: { code: 'REFUND_EXCEEDED', refundable: 6 },
    })
    expect(await ledger.captureHold({ id: '4', nonce: 'last' })).toMatchObject({
      ok: true,
      entry: { seq: 5 },
    })
    expect(await ledger.postEntry({ ...add, nonce: 'new' })).toMatchObject({ ok: true, entry: { seq: 12 } })
    expect((await verify()).broken).toEqual([])
  } finally {
    await ledger.close()
    await pool.end()
    await database.drop()
  }
})

test('postings during the migration of the hash chain are posted once, by the old functions or the new ones', async () => {
  const database = await createEmptyDatabase()
  const pool = createPool(database.url)
  const ledger = createLedger({ app: 'games', operations, pool })
  try {
    await migrateTo(database.directUrl, '20261121000001_posting')
    await withConnection(database.directUrl, (connection) =>
      connection.query("SELECT ledger.set_operations('games', $1, ARRAY['GAME_FEE'])", [
        Object.keys(operations),
      ]),
    )
    let isMigrated = false
    let posted = 0
    const postOn = async (ownerId: string) => {
      let after = 0 // posts some more after the migration
      for (let n = 0; after < 5; n += 1) {
        const posting = { operation: 'CREDIT_ADD', amount: 1, nonce: `${n}` } as const
        const result = await ledger.postTransaction({
          nonce: `${ownerId} ${n}`,
          entries: [
            { ...posting, ownerId },
            { ...posting, ownerId: 'shared' },
          ],
        })
        const single = await ledger.postEntry({ ...posting, ownerId })
        expect([result.ok, single.ok]).toEqual([true, true])
        posted += 3
        if (isMigrated) after += 1
      }
    }
    const postings = ['ada', 'bob', 'cyd', 'dan'].map(postOn)
    while (posted < 60) await new Promise((resolve) => setImmediate(resolve))
    await migrate({ databaseUrl: database.directUrl, root, apps: [], log: () => {} })
    isMigrated = true
    await Promise.all(postings)
    const verified = await withConnection(database.directUrl, (connection) => verifyLedger(connection))
    expect(verified).toMatchObject({ apps: [{ app: 'games', entries: posted }], broken: [] })
  } finally {
    await ledger.close()
    await pool.end()
    await database.drop()
  }
})
