import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { createLedger, createPool, defineOperations, sharedOperations } from '../src/index.ts'
import { stateOf } from './app-state.ts'
import { openLedger, postBySql } from './open-ledger.ts'

const { database, sql, ledger } = await openLedger()

const shared = ['DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD']
const content = [...shared, 'CONTENT_CREATION', 'CONTENT_ACCESS']
const declare = (app: string, operations: unknown, retired: unknown = []) =>
  sql.query('SELECT ledger.set_operations($1, $2, $3)', [app, operations, retired])

/** The functions of schema ledger. */
async function functionsNow() {
  const { rows } = await sql.query(
    `SELECT array_agg(row(p.oid, p.oid::regprocedure, md5(p.prosrc), p.proacl) ORDER BY p.oid)::text AS functions
       FROM pg_proc p WHERE p.pronamespace = 'ledger'::regnamespace`,
  )
  return rows[0].functions
}

describe('a name that no app can have is refused', () => {
  const refused = [
    ['ledger', 'the schema ledger is not for an app'],
    ['public', 'the schema public is not for an app'],
    ['information_schema', 'the schema information_schema is not for an app'],
    ['pg_catalog', 'the schema pg_catalog is not for an app'],
    ['template', 'its functions would be templates'],
    ['my_template', 'its functions would be templates'],
    ['state', 'there is another function ledger.judge_state'],
    ['void', 'there is another function ledger.judge_void'],
    ['correction_games', 'its function ledger.judge_correction_games could be that of another app'],
  ] as const

  test.each(refused)('%s', async (app, reason) => {
    const before = await functionsNow()
    const message = `no app can be called ${app}: ${reason}`
    await expect(declare(app, shared)).rejects.toThrow(message)
    for (const call of ['make_functions', 'grant_app']) {
      await sql.query('BEGIN')
      if (call === 'grant_app') await sql.query(`CREATE ROLE ${pg.escapeIdentifier(`ledger_${app}`)}`)
      await expect(sql.query(`SELECT ledger.${call}($1)`, [app])).rejects.toThrow(message)
      await sql.query('ROLLBACK')
    }
    expect(await functionsNow()).toBe(before)
    const { rows } = await sql.query('SELECT FROM ledger.apps WHERE app = $1', [app])
    expect(rows).toEqual([])
  })

  test.each(refused)('%s, by the code before it asks a database', (app) => {
    const pool = createPool(database.url)
    const create = () => createLedger({ app, operations: defineOperations(sharedOperations), pool })
    expect(create).toThrow(`"${app}" is taken`)
  })

  test('a name that only begins like them is accepted', async () => {
    await sql.query('BEGIN')
    for (const app of ['correction', 'captures', 'ledgers', 'templates']) await declare(app, shared)
    expect(await postBySql(sql, { app: 'correction' })).toMatchObject({ outcome: 'posted' })
    await sql.query('ROLLBACK')
  })
})

describe('ledger.set_operations', () => {
  test.each([
    [
      'a list without the shared operations',
      'content',
      ['CONTENT_CREATION'],
      'leaves out shared operations: DAILY_REWARD, SIGNUP_CREDIT, CREDIT_SPEND, CREDIT_ADD',
    ],
    [
      'a list without one',
      'content',
      content.filter((name) => name !== 'CREDIT_ADD'),
      'leaves out shared operations: CREDIT_ADD',
    ],
    ['an empty list', 'content', [], 'leaves out shared operations'],
    ['no list', 'content', null, 'not operation names'],
    ['a name that is none', 'content', [...content, 'bad name'], 'not operation names: bad name'],
    ['NULL as a name', 'content', [...content, null], 'not operation names: NULL'],
    ['an app name that is none', 'Bad"; DROP TABLE', content, 'apps_name'],
    ['no list of retired ones', 'content', content, 'retires what it does not declare', null],
    ['NULL as a retired one', 'content', content, 'does not declare: NULL', [null]],
    ['to retire what is not declared', 'content', shared, 'not declare: CONTENT_ACCESS', ['CONTENT_ACCESS']],
    ['to retire a shared one', 'content', content, 'retires shared operations: CREDIT_ADD', ['CREDIT_ADD']],
  ])('refuses %s', async (_what, app, operations, message, retired: unknown = []) => {
    const before = await stateOf(sql, 'content')
    await expect(declare(app, operations, retired)).rejects.toThrow(message)
    expect(await stateOf(sql, 'content')).toEqual(before)
  })

  test('refuses to drop an operation with entries', async () => {
    await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', nonce: '1' })
    await ledger.postEntry({ ownerId: 'ada', operation: 'CONTENT_CREATION', nonce: '2' })
    const before = await stateOf(sql, 'content')
    await expect(declare('content', [...shared, 'CONTENT_ACCESS'])).rejects.toThrow(
      'has entries, holds or lots of the operations that the list drops: CONTENT_CREATION',
    )
    expect(await stateOf(sql, 'content')).toEqual(before)
  })

  test('adds an operation, and drops an unused one, without a change of another app', async () => {
    const freelance = await stateOf(sql, 'freelance')
    const partition = (await stateOf(sql, 'content')).oid
    const post = (operation: string) => postBySql(sql, { operation, nonce: operation })

    await expect(post('CONTENT_BOOST')).rejects.toThrow('entries_content_operations')
    await declare('content', [...content, 'CONTENT_BOOST', 'CONTENT_BOOST'])
    await post('CONTENT_BOOST')

    await declare('content', [...shared, 'CONTENT_CREATION', 'CONTENT_BOOST'])
    await expect(post('CONTENT_ACCESS')).rejects.toThrow('entries_content_operations')
    expect(await stateOf(sql, 'content')).toMatchObject({
      operations: [...shared, 'CONTENT_CREATION', 'CONTENT_BOOST'],
      oid: partition,
    })
    expect(await stateOf(sql, 'freelance')).toEqual(freelance)
    await declare('content', content.concat('CONTENT_BOOST'))
  })

  test('retires an operation, and undoes it: the list decides', async () => {
    await declare('content', content.concat('CONTENT_BOOST'), ['CONTENT_CREATION'])
    expect(await stateOf(sql, 'content')).toMatchObject({ retired: ['CONTENT_CREATION'] })
    await declare('content', content.concat('CONTENT_BOOST'))
    expect(await stateOf(sql, 'content')).toMatchObject({ retired: [] })
  })
})

test("an app's migration that stays open holds up no other app, whichever plans PostgreSQL keeps", async () => {
  await sql.query(
    `ALTER DATABASE ${pg.escapeIdentifier(database.name)} SET plan_cache_mode = force_generic_plan`,
  )
  const pool = createPool(database.url)
  const freelance = createLedger({ app: 'freelance', operations: defineOperations(sharedOperations), pool })
  const add = { ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'n' } as const
  const spend = { ownerId: 'ada', operation: 'CREDIT_SPEND', amount: 999, nonce: 'm' } as const
  const outcomes = async () => [
    await freelance.postEntry({ ...add, nonce: crypto.randomUUID() }),
    await freelance.postEntry(add),
    await freelance.postEntry(spend),
  ]
  await freelance.postEntry(add)
  await outcomes()
  try {
    await sql.query('BEGIN')
    await declare('content', [...content, 'CONTENT_BOOST', 'CONTENT_LIKE'])
    expect(await outcomes()).toMatchObject([
      { ok: true },
      { error: { code: 'DUPLICATE_NONCE' } },
      { error: { code: 'INSUFFICIENT_BALANCE' } },
    ])
  } finally {
    await sql.query('ROLLBACK')
    await pool.end()
  }
})

test('an operation dropped under a running server gives a retryable error, for another server', async () => {
  const posting = { ownerId: 'ada', operation: 'CONTENT_ACCESS', nonce: 'dropped' } as const
  await declare('content', [...shared, 'CONTENT_CREATION', 'CONTENT_BOOST'])
  await expect(ledger.postEntry(posting)).rejects.toMatchObject({
    code: 'SERVER_OUTDATED',
    retryable: true,
    message: 'This server and its database do not fit together. Nothing was posted.',
    cause: {
      message:
        'The database does not declare this operation: it is newer or older than the server. Update the server, or migrate the database: npx shared-ledger migrate',
    },
  })
  await declare('content', content.concat('CONTENT_BOOST'))
  expect(await ledger.postEntry(posting)).toMatchObject({ ok: true })
})

test('a server with an operation that the database lacks does not start', async () => {
  await expect(ledger.assertReady()).resolves.toEqual([expect.stringContaining('CONTENT_BOOST')])
  await sql.query(
    `UPDATE ledger.apps SET operations = array_remove(operations, 'CONTENT_ACCESS') WHERE app = 'content'`,
  )
  await expect(ledger.assertReady()).rejects.toThrow(/CONTENT_ACCESS.*npx shared-ledger migrate content/s)
})
