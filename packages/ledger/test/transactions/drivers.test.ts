import { randomUUID } from 'node:crypto'
import { CamelCasePlugin, Kysely, ParseJSONResultsPlugin, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { fromPg } from '../../src/transactions/pg.ts'
import { openGames } from '../open-ledger.ts'
import { drizzleWay, kyselyWay, pgWay, plainPool } from './ways.ts'

const { ledger, pool, database, sql } = await openGames()

let owners = 0
/** Calls everything in the ledger that a transaction may call, and returns what the ledger then has. */
async function postAllKinds(transactions: ReturnType<typeof pgWay>) {
  owners += 1
  const ownerId = `owner ${owners}`
  const metadata = { project_id: '1', day: '2026-01-02T03:04:05Z', id: '9007199254740993' }
  const done = await transactions(async ({ tx }) => {
    const add = { ownerId, operation: 'CREDIT_ADD', amount: 100, nonce: 'a', metadata } as const
    const { entry } = await ledger.postEntry(add, { tx })
    const daily = await ledger.postEntry({ ownerId, operation: 'GAME_DAILY', nonce: 'b' }, { tx })
    const { transaction } = await ledger.reverseTransaction({ id: entry.transactionId, nonce: 'c' }, { tx })
    await ledger.setOverdraft({ ownerId, limit: 50 }, { tx })
    const hold = { ownerId, operation: 'CREDIT_SPEND', amount: 9, expiresIn: 3600, metadata } as const
    const held = await ledger.holdCredits({ ...hold, nonce: 'd' }, { tx })
    const captured = await ledger.captureHold({ id: held.hold.id, nonce: 'e' }, { tx })
    const released = await ledger.holdCredits({ ...hold, nonce: 'f' }, { tx })
    await ledger.releaseHold(released.hold.id, { tx })
    return { entry, daily, transaction, captured }
  })
  const { entry, daily, transaction, captured } = done
  for (const each of [entry, daily.entry, ...transaction.entries, captured.entry]) {
    expect(await ledger.entry(each.id)).toEqual(each)
    expect(each.createdOn).toBeInstanceOf(Date)
  }
  expect(await ledger.hold(captured.hold.id)).toEqual(captured.hold)
  expect(await ledger.balance(ownerId)).toEqual(captured.balance)
  expect(entry.metadata).toEqual(metadata)
  const limited = transactions(async ({ tx }) => {
    for (const nonce of ['g', 'h', 'i'])
      await ledger.postEntry({ ownerId, operation: 'GAME_DAILY', nonce }, { tx })
  })
  await expect(limited).rejects.toMatchObject({ code: 'LIMIT_REACHED', nextOn: expect.any(Date) })
}

/** How apps change what node-postgres reads: numbers as bigint, JSON as text or otherwise, moments as text. */
const parsers: [type: number, parse: (text: string) => unknown][] = [
  [pg.types.builtins.INT8, BigInt],
  [pg.types.builtins.INT4, (text) => `int ${text}`],
  [pg.types.builtins.BOOL, (text) => text],
  [pg.types.builtins.NUMERIC, Number],
  [
    pg.types.builtins.JSON,
    (text) => JSON.parse(text, (_key, value) => (typeof value === 'number' ? String(value) : value)),
  ],
  [pg.types.builtins.JSONB, (text) => text],
  [pg.types.builtins.TIMESTAMPTZ, (text) => text],
  [pg.types.builtins.UUID, (text) => ({ uuid: text })],
]

describe('whatever an app makes node-postgres read', () => {
  const before = parsers.map(([type]) => [type, pg.types.getTypeParser(type, 'text')] as const)
  afterEach(() => {
    for (const [type, parse] of before) pg.types.setTypeParser(type, parse)
  })

  test.each([
    ['pg', pgWay],
    ['Kysely', kyselyWay],
    ['Drizzle', drizzleWay],
  ] as const)('for the whole process, %s posts the same', async (_name, way) => {
    for (const [type, parse] of parsers) pg.types.setTypeParser(type, parse)
    await postAllKinds(way(plainPool(database.directUrl)))
    await postAllKinds(way(pool))
  })

  test('pg posts the same when only one connection is changed', async () => {
    const own = new Map(parsers)
    const types = {
      getTypeParser: (type: number) => own.get(type) ?? pg.types.getTypeParser(type, 'text'),
    } as pg.CustomTypesConfig
    await postAllKinds(pgWay(plainPool(database.directUrl, { types })))
  })

  test("Kysely's plugins do not see the ledger's statements", async () => {
    await postAllKinds(kyselyWay(pool, [new CamelCasePlugin(), new ParseJSONResultsPlugin()]))
  })
})

test("over a pool whose sessions lack all of the ledger's settings, everything is posted the same", async () => {
  const options = [
    'TimeZone=America/St_Johns',
    'DateStyle=German,DMY',
    'IntervalStyle=sql_standard',
    'extra_float_digits=-15',
    'bytea_output=escape',
    'standard_conforming_strings=off',
    'transform_null_equals=on',
    'search_path=nowhere',
    'default_transaction_isolation=read\\ committed',
    'quote_all_identifiers=on',
    'enable_indexscan=off',
  ]
  const hostile = plainPool(database.directUrl, { options: options.map((each) => `-c ${each}`).join(' ') })
  for (const way of [pgWay, kyselyWay, drizzleWay]) await postAllKinds(way(hostile))
})

test.each(['REPEATABLE READ', 'SERIALIZABLE'])(
  'a transaction that is %s is told of what came between as a conflict, and posts nothing twice',
  async (isolation) => {
    const ownerId = `isolated ${isolation}`
    const post = (nonce: string) => ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const
    await ledger.postEntry(post('first'))
    const stale = pgWay(pool)(async ({ tx, run }) => {
      await run(`SET TRANSACTION ISOLATION LEVEL ${isolation}`)
      await run('SELECT count(*) FROM ledger.entries')
      await ledger.postEntry(post('between'))
      await ledger.postEntry(post('between'), { tx })
    })
    await expect(stale).rejects.toMatchObject({ code: 'TRANSACTION_CONFLICT', retryable: true })
    expect(await ledger.balance(ownerId)).toMatchObject({ amount: 2 })
  },
)

describe.each([
  ['postEntry', ledger.postEntry, { ownerId: 'nobody', operation: 'CREDIT_ADD', nonce: 'n' }],
  ['transaction', ledger.transaction, randomUUID()],
] as const)('%s refuses a value that is not a transaction', (_, call, input) => {
  const refusal = (tx: unknown) =>
    // As a caller without types passes it.
    Reflect.apply(call, undefined, [input, { tx }]).then(
      () => expect.fail('it was accepted'),
      (error: unknown) => error,
    )

  test.each([undefined, null, {}, 'tx', { query: () => {} }])('%j', async (tx) => {
    expect(await refusal(tx)).toMatchObject({ name: 'TypeError', message: expect.stringContaining('fromPg') })
  })

  test('a whole Prisma client', async () => {
    const { createLedgerClient } = await import('../../src/database/database.ts')
    const prisma = createLedgerClient(pool)
    expect(await refusal(prisma)).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('`$transaction`'),
    })
    await prisma.$disconnect()
  })

  test('a connection of pg without BEGIN', async () => {
    const client = await pool.connect()
    expect(await refusal(fromPg(client))).toMatchObject({ code: 'TRANSACTION_ENDED' })
    client.release()
  })

  test('a function that returns no rows', async () => {
    expect(await refusal(async () => [{ other: 1 }])).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('must return the rows'),
    })
  })

  test('and nothing is posted', async () => {
    const { rows } = await sql.query("SELECT FROM ledger.entries WHERE owner_id = 'nobody'")
    expect(rows).toEqual([])
  })
})

test('Kysely without a transaction is refused', async () => {
  const { fromKysely } = await import('../../src/transactions/kysely.ts')
  const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) })
  expect(() => Reflect.apply(fromKysely, undefined, [db])).toThrow('transaction')
})
