import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import {
  createLedger,
  createPool,
  defineOperations,
  lotOperations,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { verifyLedger } from '@shared-ledger/ledger/verify'
import {
  closeDatabase,
  codeOf,
  findRoot,
  historyOf,
  migrate,
  provisionApp,
  roleOf,
  withConnection,
  withLogin,
} from '@shared-ledger/postgres'
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
    expect((await run('SELECT * FROM ledger.books')).rows).toEqual([
      { book: 'games', app: 'games', apps: ['games'] },
    ])
    expect(await ledger.assertReady()).toEqual([])
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

const operationsWithLots = defineOperations({
  ...operations,
  ...lotOperations,
  GAME_PRIZE: { amount: { min: 1, max: 100 }, lot: { expires: { days: 10 }, kind: 'promotional' } },
})

test.each(released)('a database of %s gets lots, and old servers go on', async (migration) => {
  const database = await createEmptyDatabase()
  const run = (sql: string, values?: unknown[]) =>
    withConnection(database.directUrl, (connection) => connection.query(sql, values))
  const setClock = (time: string) =>
    run(`CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
      RETURN timestamptz '${time}'`)
  const pool = createPool(database.url)
  const ledger = createLedger({ app: 'games', operations: operationsWithLots, pool })
  const lotsOf = async (ownerId: string) =>
    (await ledger.liveLots(ownerId)).map(({ kind, amount, rest, held }) => ({ kind, amount, rest, held }))
  const give = (ownerId: string, amount: number) =>
    ledger.postEntry({ ownerId, operation: 'GAME_PRIZE', amount, nonce: `${ownerId}'s prize` })
  /** Takes credits by a statement of servers from before lots. */
  const takeByOldServer = async (ownerId: string, amount: number) => {
    const { rows } = await run("SELECT ledger.post_games($1, ARRAY[$1], '{1}', $2) AS answer", [
      ownerId,
      JSON.stringify({
        ...{ id: [crypto.randomUUID()], nonce: [`a ticket for ${amount}`], request: [1], account: [1] },
        ...{ operation: ['GAME_TICKET'], amount: [-amount], requested: [-amount] },
      }),
    ])
    return rows[0].answer
  }
  try {
    await migrateTo(database.directUrl, migration)
    await run(readFileSync(path.join(scripts, `${migration}.sql`), 'utf8'))
    await migrate({ databaseUrl: database.directUrl, root, apps: [], log: () => {} })
    await run("SELECT ledger.set_operations('games', $1, ARRAY['GAME_FEE'])", [
      Object.keys(operationsWithLots),
    ])
    expect(await ledger.assertReady()).toEqual([])
    await setClock('2026-11-29 14:00Z') // while bob's hold is live

    // What an account has becomes its opening lot, which keeps what holds reserve. An overdraft is paid first.
    for (const ownerId of ['ada', 'bob', 'cyd']) expect(await give(ownerId, 40)).toMatchObject({ ok: true })
    const prize = { kind: 'promotional', amount: 40, rest: 40, held: 0 }
    expect(await lotsOf('ada')).toEqual([prize, { kind: 'paid', amount: 63, rest: 63, held: 0 }])
    expect(await lotsOf('bob')).toEqual([prize, { kind: 'paid', amount: 23, rest: 23, held: 6 }])
    expect(await lotsOf('cyd')).toEqual([{ ...prize, rest: 10 }])

    expect(await takeByOldServer('ada', 50)).toMatchObject({ answers: [null], balances: [53] })
    expect(await lotsOf('ada')).toEqual([{ kind: 'paid', amount: 63, rest: 53, held: 0 }])
    expect(await ledger.captureHold({ id: '4', nonce: 'late' })).toMatchObject({ ok: true })
    expect(await ledger.refundEntry({ id: '4', amount: 6, nonce: 'rest' })).toMatchObject({ ok: true })
    expect((await lotsOf('ada')).map(({ rest }) => rest)).toEqual([53, 6])

    // An old server, too, finds the prize expired, and writes so.
    await setClock('2026-12-09 14:00Z')
    expect(await takeByOldServer('bob', 17)).toMatchObject({ answers: [null], balances: [0] })
    expect(await takeByOldServer('bob', 1)).toMatchObject({ answers: [{ outcome: 'insufficient_balance' }] })
    expect(await Promise.all(['ada', 'bob', 'cyd'].map((owner) => ledger.balance(owner)))).toMatchObject([
      { amount: 59 },
      { amount: 0, held: 0 },
      { amount: 0, available: 50 },
    ])
    const expired = await run(
      `SELECT owner_id, amount::int FROM ledger.entries WHERE operation = 'CREDIT_EXPIRED' ORDER BY owner_id`,
    )
    expect(expired.rows).toEqual([{ owner_id: 'bob', amount: -40 }])
    const { broken } = await withConnection(database.directUrl, (connection) => verifyLedger(connection))
    expect(broken).toEqual([])
  } finally {
    await ledger.close()
    await pool.end()
    await database.drop()
  }
})

// The statements of servers of version 5, from before books, with their casts. {app} is in place of the app's name.
const callsBeforeBooks: readonly [
  statement: string,
  values: (app: string) => readonly unknown[],
  answer: object,
][] = [
  [
    'SELECT ledger.append_{app}($1::text, $2::uuid, $3::text, $4::text, $5::text, $6::bigint, $7::bigint, $8::boolean, $9::int) AS answer',
    () => ['ada', '01a226c8-b8b5-743b-8129-19521cfc0fce', 'appended', null, 'CREDIT_ADD', 5, 5, true, 1000],
    { seq: 2, balance: 25, held: 3 },
  ],
  [
    'SELECT ledger.post_{app}($1::text, $2::text[], $3::int[], $4::json, $5::boolean, $6::int) AS answer',
    () => ['ada', ['ada', 'bob'], [2], JSON.stringify(transferBeforeBooks), false, null],
    { answers: [null], balances: [24, 1] },
  ],
  [
    'SELECT ledger.try_{app}($1::text, $2::text[], $3::int[], $4::json, $5::int) AS answer',
    () => ['ada', ['ada', 'bob'], [2], JSON.stringify({ ...transferBeforeBooks, nonce: ['tried'] }), null],
    { balances: [23, 2] },
  ],
  [
    'SELECT ledger.balances($1::text, $2::text[]) AS answer',
    (app) => [app, ['ada']],
    [{ ownerId: 'ada', amount: 24, held: 3, available: 21 }],
  ],
  [
    'SELECT ledger.amounts_at($1::text, $2::text[], $3::timestamptz[]) AS answer',
    (app) => [app, ['ada'], ['2100-01-01']],
    [24],
  ],
  [
    'SELECT to_json(ledger.seq_at($1::text, $2::text, $3::timestamptz)) AS answer',
    (app) => [app, 'ada', '2100-01-01'],
    [3],
  ],
  [
    'SELECT ledger.entries_by_nonce($1::text, $2::text[], $3::text[]) AS answer',
    (app) => [app, ['ada'], ['appended']],
    [{ ownerId: 'ada', seq: 2, nonce: 'appended' }],
  ],
  [
    'SELECT ledger.live_holds_of($1::text, $2::text[]) AS answer',
    (app) => [app, ['ada']],
    [[{ ownerId: 'ada', amount: 3, status: 'HELD' }]],
  ],
  [
    'SELECT ledger.accounts_page($1::text, $2::text, $3::text, $4::text, $5::boolean, $6::int) AS answer',
    (app) => [app, '', '', null, false, 10],
    [{ balance: { ownerId: 'ada', amount: 24 } }, { balance: { ownerId: 'bob', amount: 1 } }],
  ],
  [
    'SELECT ledger.summary($1::text, $2::text, $3::timestamptz, $4::timestamptz, $5::text, $6::text[]) AS answer',
    (app) => [app, 'ada', '2000-01-01', '2100-01-01', 'month', null],
    [
      { operation: 'CREDIT_ADD', count: 2 },
      { operation: 'CREDIT_SPEND', count: 1 },
    ],
  ],
  [
    `SELECT json_agg(ledger.entry_json(e.id, e.owner_id, e.seq, e.operation, e.amount, e.balance_after, e.nonce, e.transaction_id,
       e.metadata, e.created_on, e.reverses, e.refunds, e.hold_id) ORDER BY e.seq) AS answer
       FROM ledger.entries e WHERE e.app = $1 AND e.book = $1 AND e.owner_id = $2`,
    (app) => [app, 'ada'],
    [{ seq: 1 }, { seq: 2 }, { seq: 3, operation: 'CREDIT_SPEND' }],
  ],
  [
    'SELECT json_agg(operations) AS answer FROM ledger.apps WHERE app = $1',
    (app) => [app],
    [expect.arrayContaining(['CREDIT_ADD'])],
  ],
]

const transferBeforeBooks = {
  id: ['01a226c8-baec-7a97-895a-533c40b50c6c'],
  nonce: ['posted'],
  request: [1, 1],
  account: [1, 2],
  operation: ['CREDIT_SPEND', 'CREDIT_ADD'],
  amount: [-1, 1],
  requested: [-1, 1],
}

test('servers from before books go on after the migration, with the rights of their app', async () => {
  const app = `old_${crypto.randomUUID().slice(0, 8)}`
  const database = await createEmptyDatabase()
  try {
    await migrateTo(database.directUrl, '20261130172135_distribution_waits')
    await withConnection(database.directUrl, async (owner) => {
      await owner.query('SELECT ledger.set_operations($1, ledger.shared_operations())', [app])
      await closeDatabase(owner)
      await provisionApp(owner, { app, password: 'secret', connections: 5 })
    })
    const role = withLogin(database.directUrl, { user: roleOf(app), password: 'secret' })
    await withConnection(role, async (session) => {
      const before = `SELECT ledger.append_${app}($1, gen_random_uuid(), $1, NULL, 'CREDIT_ADD', 20, 20)`
      await session.query(before, ['ada'])
      await session.query(
        `SELECT ledger.post_${app}('ada', '{ada}', '{1}', '{"id": ["01a226c8-b8b5-743b-8129-19521cfc0fce"], "nonce": ["held"],
           "request": [1], "account": [1], "operation": ["CREDIT_SPEND"], "amount": [-3], "requested": [-3], "hold_ms": [3600000]}')`,
      )
      await migrate({ databaseUrl: database.directUrl, root, apps: [], log: () => {} })
      for (const [statement, values, answer] of callsBeforeBooks) {
        const { rows } = await session.query(statement.replaceAll('{app}', app), [...values(app)])
        expect([statement, [rows[0].answer].flat()]).toMatchObject([statement, [answer].flat()])
      }
    })
    const { apps, broken } = await withConnection(database.directUrl, (owner) => verifyLedger(owner))
    expect(apps).toEqual([{ app, accounts: 2, entries: 4, holds: 1 }])
    expect(broken).toEqual([])
  } finally {
    await withConnection(database.directUrl, (owner) =>
      owner.query(`DROP OWNED BY ${roleOf(app)} CASCADE; DROP ROLE ${roleOf(app)}`),
    )
    await database.drop()
  }
})

// After these a call has posted nothing: a conflict, a deadlock, a lock that is not free, and the internal error when a
// function that the call is in was dropped meanwhile. The call may also be in an older function than those that it calls:
// one that it wants is not there any more, or returns other columns, whose values do not fit. No server sends it again by
// itself then: its client does, with the same nonce.
const isPassing = (error: unknown) =>
  /^(40001|40P01|55P03|XX000|42883|22007|22008)$/.test(codeOf(error) ?? '')

test.each(['20261121000001_posting', '20261130172135_distribution_waits'])(
  'postings during the migration from %s are posted once, by the old functions or the new ones',
  async (migration) => {
    const database = await createEmptyDatabase()
    const pool = createPool(database.url)
    /** Sends a call until it is carried out, as a server or its client does after an error that may pass. */
    const send = async (statement: string, values: readonly unknown[]): Promise<unknown> => {
      while (true) {
        try {
          return (await pool.query(statement, [...values])).rows[0].answer
        } catch (error) {
          if (!isPassing(error)) throw error
        }
      }
    }
    try {
      await migrateTo(database.directUrl, migration)
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
          const columns = { request: [1, 1], account: [1, 2], operation: ['CREDIT_ADD', 'CREDIT_ADD'] }
          const transaction = {
            ...{ id: [crypto.randomUUID()], nonce: [`${ownerId} ${n}`] },
            ...{ ...columns, amount: [1, 1], requested: [1, 1] },
          }
          await send(`SELECT ledger.post_games($1, $2, '{2}', $3) AS answer`, [
            ...[ownerId, [ownerId, 'shared'], JSON.stringify(transaction)],
          ])
          await send(
            `SELECT ledger.append_games($1, $2, $3, NULL, 'CREDIT_ADD', 1, 1, false, NULL) AS answer`,
            [...[ownerId, crypto.randomUUID(), `${n}`]],
          )
          posted += 3
          if (isMigrated) after += 1
        }
      }
      const postings = Promise.all(['ada', 'bob', 'cyd', 'dan'].map(postOn))
      postings.catch(() => {}) // is reported below
      while (posted < 60) await new Promise((resolve) => setImmediate(resolve))
      await migrate({ databaseUrl: database.directUrl, root, apps: [], log: () => {} })
      isMigrated = true
      await postings
      const verified = await withConnection(database.directUrl, (connection) => verifyLedger(connection))
      expect(verified).toMatchObject({ apps: [{ app: 'games', entries: posted }], broken: [] })
    } finally {
      await pool.end()
      await database.drop()
    }
  },
)
