// Two apps in one database, each with its own role. The other app has made a book that it shares, and one that it does
// not share. The attacker has taken over the first app.

import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { createLedgerClient } from '../../src/database/database.ts'
import {
  createLedger,
  createPool,
  defineOperations,
  type LedgerHold,
  lotOperations,
  sharedOperations,
} from '../../src/index.ts'
import { secret, takeOverApp } from '../attacker/stage.ts'
import { declare, given, makeBooks } from './stage.ts'

const { apps, owner, urlOf, attempt, expectRefused, everything } = await takeOverApp()
const mark = apps.own.replace('mallory_', '')
const [gems, stars] = [`gems_${mark}`, `stars_${mark}`]
const operations = {
  own: defineOperations({
    ...sharedOperations,
    ...lotOperations,
    GEM_WON: { amount: { min: 1, max: 10_000 }, book: gems },
    GEM_PLAYED: { amount: { min: -10_000, max: -1 }, book: gems },
  }),
  other: defineOperations({
    ...sharedOperations,
    ...lotOperations,
    GEM_ADD: { amount: { min: 1, max: 10_000 }, book: gems },
    GEM_SPEND: { amount: { min: -10_000, max: -1 }, book: gems },
    STAR_ADD: { amount: { min: 1, max: 10_000 }, book: stars },
    STAR_SPEND: { amount: { min: -10_000, max: -1 }, book: stars },
  }),
}
await makeBooks(owner, apps.other, { [gems]: [apps.own], [stars]: [] })
await declare(owner, apps.other, operations.other)
await declare(owner, apps.own, operations.own)

const pools = { own: createPool(urlOf('own')), other: createPool(urlOf('other')) }
const ledgers = {
  own: createLedger({ app: apps.own, operations: operations.own, pool: pools.own }),
  other: createLedger({ app: apps.other, operations: operations.other, pool: pools.other }),
}
const inGems = { book: gems }
/** What only the other app may read: its nonces, its metadata, and what it has in a book that it does not share. */
const secrets = ['nonce of the other', 'note of the other', '3131', '1717']
const posting = { ownerId: secret, metadata: { note: 'note of the other' } }
const [given1, starHold] = await (async () => {
  const { other } = ledgers
  const { entry } = given(
    await other.postEntry({ ...posting, operation: 'GEM_ADD', amount: 50, nonce: 'nonce of the other 1' }),
  )
  given(
    await other.postEntry({ ...posting, operation: 'STAR_ADD', amount: 3131, nonce: 'nonce of the other 2' }),
  )
  const { hold } = given(
    await other.holdCredits({
      ...posting,
      operation: 'STAR_SPEND',
      amount: 1717,
      nonce: 'nonce of the other 3',
      expiresIn: 3600,
    }),
  )
  given(await ledgers.own.postEntry({ ownerId: secret, operation: 'GEM_WON', amount: 5, nonce: 'own' }))
  return [entry, hold]
})()
const gemHold: LedgerHold = given(
  await ledgers.other.holdCredits({
    ...posting,
    operation: 'GEM_SPEND',
    amount: 20,
    nonce: 'nonce of the other 4',
    expiresIn: 3600,
  }),
).hold

const before = await everything()
afterAll(async () => {
  expect(await everything()).toEqual(before)
  for (const ledger of Object.values(ledgers)) await ledger.close()
  for (const pool of Object.values(pools)) await pool.end()
})

/** Replaces the names of the books and of what is in them. */
const named = (statement: string) =>
  statement
    .replaceAll('{gems}', gems)
    .replaceAll('{stars}', stars)
    .replaceAll('{secret}', secret)
    .replaceAll('{entry}', given1.id)
    .replaceAll('{transaction}', given1.transactionId)
    .replaceAll('{hold}', gemHold.id)
    .replaceAll('{starhold}', starHold.id)

/** Runs a statement as the attacker, and expects that it is carried out and tells no secret. */
async function read(statement: string) {
  const { refused, message, rows } = await attempt(named(statement))
  expect([refused, message]).toEqual([undefined, ''])
  for (const word of secrets) expect(JSON.stringify(rows)).not.toMatch(new RegExp(`(?<!\\d)${word}(?!\\d)`))
  return rows
}
const answer = async (statement: string) => Object.values((await read(`SELECT ${statement}`))[0]!)[0]

describe('of the tables, the attacker reads', () => {
  test('the accounts of its own book and of the shared one', async () => {
    const rows = await read('SELECT DISTINCT book FROM ledger.accounts ORDER BY book')
    expect(rows).toEqual([{ book: gems }, { book: apps.own }])
  })

  test.each(['entries', 'holds'])('no %s of the other app, not even in the shared book', async (table) => {
    const rows = await read(`SELECT * FROM ledger.${table}`)
    expect(rows.length).toBeGreaterThan(0)
    expect(new Set(rows.map(({ app }) => app))).toEqual(new Set([apps.own]))
  })

  test('not who uses which book', () => expectRefused('SELECT FROM ledger.books'))

  test('its own app, with its operations', async () => {
    expect((await read('SELECT app FROM ledger.apps')).map(({ app }) => app)).toEqual([apps.own])
  })
})

describe('the functions that read with the rights of their owner', () => {
  test('balances: of the shared book, and of its own', async () => {
    expect(await answer("ledger.balances('{gems}', ARRAY['{secret}'])")).toEqual([
      { ownerId: secret, amount: 55, overdraft: 0, held: 20, available: 35, state: 'OPEN' },
    ])
    for (const book of ['{stars}', '{other}', 'nothing', '']) {
      expect(await answer(`ledger.balances('${book}', ARRAY['{secret}'])`)).toEqual([])
    }
    expect(await answer("ledger.balances(NULL, ARRAY['{secret}'])")).toEqual([])
  })

  test('accounts_page: of the shared book, and of its own', async () => {
    expect(await answer("ledger.accounts_page('{gems}', '', '', NULL, false, 100)")).toMatchObject([
      { balance: { ownerId: secret, amount: 55 }, entryCount: 2 },
    ])
    for (const book of ['{stars}', '{other}', 'nothing']) {
      expect(await answer(`ledger.accounts_page('${book}', '', '', NULL, false, 100)`)).toEqual([])
    }
    expect(await answer("ledger.accounts_page(NULL, '', '', NULL, false, 100)")).toEqual([])
  })

  test.each(['{own}', '{other}', 'nothing', ''])('amounts_at, asked for the app %j', async (app) => {
    const at = (book: string) =>
      answer(`ledger.amounts_at('${app}', ARRAY['{secret}'], ARRAY[now()], ${book})`)
    expect(await at("'{gems}'")).toEqual([55])
    for (const book of ["'{stars}'", "'{other}'", "'nothing'"]) expect(await at(book)).toEqual([null])
    if (app !== '{own}') expect(await at('NULL')).toEqual([null])
  })

  test.each(['{own}', '{other}', 'nothing', ''])('account_entries, asked for the app %j', async (app) => {
    const entries = (book: string) =>
      answer(`ledger.account_entries('${app}', '${book}', '{secret}', 0, 1000, false, 100)`)
    const [first, second] = (await entries('{gems}')) as Record<string, unknown>[]
    expect(first).toEqual({
      ...{
        app: apps.other,
        ownerId: secret,
        book: gems,
        seq: 1,
        operation: 'GEM_ADD',
        amount: 50,
        balanceAfter: 50,
      },
      createdOn: given1.createdOn.getTime(),
    })
    if (app === '{own}') expect(second).toMatchObject({ seq: 2, nonce: 'own', operation: 'GEM_WON' })
    else expect(second).toMatchObject({ app: apps.own, seq: 2, operation: 'GEM_WON' })
    for (const book of ['{stars}', '{other}', 'nothing']) expect(await entries(book)).toBe(null)
  })

  test('apps_of', async () => {
    expect(await answer("ledger.apps_of('{gems}')")).toEqual([apps.own, apps.other].toSorted())
    for (const book of ['{stars}', '{other}', 'nothing'])
      expect(await answer(`ledger.apps_of('${book}')`)).toEqual([])
    expect(await answer('ledger.apps_of(NULL)')).toEqual([])
  })
})

describe('the functions that read with the rights of their caller tell nothing of what the other app has', () => {
  test.each([
    ['entries_by_id', "ledger.entries_by_id('{other}', '{{entry}}')", null],
    ['entries_by_id of its own app', "ledger.entries_by_id('{own}', '{{entry}}')", null],
    ['entries_by_transaction', "ledger.entries_by_transaction('{other}', '{{transaction}}')", null],
    [
      'entries_by_nonce',
      "ledger.entries_by_nonce('{other}', ARRAY['{secret}'], ARRAY['nonce of the other 1'], '{gems}')",
      null,
    ],
    [
      'entries_by_nonce of its own app',
      "ledger.entries_by_nonce('{own}', ARRAY['{secret}'], ARRAY['nonce of the other 1'], '{gems}')",
      null,
    ],
    ['holds_by_id', "ledger.holds_by_id('{other}', '{{hold},{starhold}}')", null],
    ['live_holds_of', "ledger.live_holds_of('{other}', ARRAY['{secret}'], '{gems}')", [null]],
    ['live_holds_of of its own app', "ledger.live_holds_of('{own}', ARRAY['{secret}'], '{gems}')", [null]],
    ['summary', "ledger.summary('{other}', NULL, '2000-01-01', '2100-01-01', 'month', NULL, '{gems}')", null],
    [
      'summary of its own app',
      "ledger.summary('{own}', NULL, '2000-01-01', '2100-01-01', 'month', NULL, '{stars}')",
      null,
    ],
    ['seq_at', "ledger.seq_at('{other}', '{secret}', now(), '{stars}')", '0'],
    ['last_seq', "ledger.last_seq(ARRAY['{own}', '{other}'], '{stars}', '{secret}', now())", '0'],
    ['may_use_book', "ledger.may_use_book('{stars}')", false],
  ])('%s', async (_, call, expected) => {
    expect(await answer(call)).toEqual(expected)
  })

  test('held_at and live_holds count its own holds alone', async () => {
    expect(await read("SELECT * FROM ledger.live_holds('{gems}', '{secret}', now())")).toMatchObject([
      { held: '0' },
    ])
    expect(await read("SELECT * FROM ledger.live_holds('{stars}', '{secret}', now())")).toMatchObject([
      { held: '0' },
    ])
  })
})

describe('writing is refused', () => {
  const requests = (operation: string) =>
    `{"book": ["${stars}"], "id": ["${crypto.randomUUID()}"], "nonce": ["n"], "request": [1], "account": [1], "operation": ["${operation}"], "amount": [1], "requested": [1]}`

  test.each([
    [
      'post in a book that is not shared',
      `SELECT ledger.post_{own}('x', '{x}', '{1}', '${requests('STAR_ADD')}')`,
    ],
    ['a dry run there', `SELECT ledger.try_{own}('x', '{x}', '{1}', '${requests('STAR_ADD')}')`],
    [
      'append there',
      "SELECT ledger.append_{own}('x', gen_random_uuid(), 'n', NULL, 'STAR_ADD', 1, 1, false, NULL, '{stars}')",
    ],
    [
      "append in the other's own book",
      "SELECT ledger.append_{own}('x', gen_random_uuid(), 'n', NULL, 'CREDIT_ADD', 1, 1, false, NULL, '{other}')",
    ],
    [
      "the other app's function",
      "SELECT ledger.append_{other}('x', gen_random_uuid(), 'n', NULL, 'GEM_ADD', 1, 1, false, NULL, '{gems}')",
    ],
    ['make_book', "SELECT ledger.make_book('{own}', 'mine')"],
    ['share_book', "SELECT ledger.share_book('{other}', '{stars}', ARRAY['{own}'])"],
    ['set_operations', "SELECT ledger.set_operations('{own}', ledger.shared_operations(), '{}', '{}')"],
    ['assert_books', "SELECT ledger.assert_books('{own}', ARRAY['{stars}'])"],
    ['the books', "UPDATE ledger.books SET apps = apps || '{own}'::text"],
    ['a new book', "INSERT INTO ledger.books VALUES ('mine', '{own}', '{{own}}')"],
    ['an account of the shared book', "UPDATE ledger.accounts SET balance = 1000 WHERE book = '{gems}'"],
    ['an entry in the shared book', "DELETE FROM ledger.entries WHERE book = '{gems}'"],
  ])('%s', (_, statement) => expectRefused(named(`BEGIN; ${statement}`)))

  test('of an operation in a book that does not have it', () =>
    expectRefused(
      named(
        "BEGIN; SELECT ledger.append_{own}('x', gen_random_uuid(), 'n', NULL, 'CREDIT_ADD', 1, 1, false, NULL, '{gems}')",
      ),
      '23514',
    ))

  test("of an overdraft, a capture and a release of the other's, by an answer", async () => {
    const line = (column: string, value: string) =>
      `ledger.post_{own}('{secret}', '{{secret}}', '{1}', '{"book": ["{gems}"], "id": ["${crypto.randomUUID()}"], "nonce": [null], "request": [1], "account": [1], "operation": [null], "amount": [null], "requested": [null], "${column}": [${value}]}') -> 'answers' -> 0 ->> 'outcome'`
    for (const [column, value, outcome] of [
      ['overdraft', '5', 'not_the_maker'],
      ['releases', '{hold}', 'hold_not_found'],
      ['releases', '{starhold}', 'hold_not_found'],
    ] as const) {
      const { rows } = await attempt(named(`BEGIN; SELECT ${line(column, value)} AS outcome`))
      expect(rows).toEqual([{ outcome }])
    }
  })
})

describe("the apps' ledgers, with their own roles", () => {
  test('read the shared account, and each its own entries whole', async () => {
    for (const ledger of [ledgers.own, ledgers.other]) {
      expect(await ledger.balance(secret, inGems)).toMatchObject({ amount: 55, held: 20, available: 35 })
      expect((await ledger.balanceAt(secret, new Date(), inGems)).amount).toBe(55)
      expect((await ledger.accounts(inGems)).edges.map(({ node }) => node.ownerId)).toEqual([secret])
    }
    const seen = async (ledger: typeof ledgers.own | typeof ledgers.other) =>
      (await ledger.accountEntries({ ownerId: secret, ...inGems })).edges.map(({ node }) =>
        'app' in node ? node.app : node.nonce,
      )
    expect(await seen(ledgers.own)).toEqual(['own', apps.other])
    expect(await seen(ledgers.other)).toEqual([apps.own, 'nonce of the other 1'])
  })

  test('read their own holds there, and no others', async () => {
    expect(await ledgers.other.hold(gemHold.id)).toEqual(gemHold)
    expect(await ledgers.other.holds(secret, inGems)).toEqual([gemHold])
    expect(await ledgers.own.hold(gemHold.id)).toBe(null)
    expect(await ledgers.own.holds(secret, inGems)).toEqual([])
    expect(await ledgers.own.captureHold({ id: gemHold.id, nonce: 'c' })).toMatchObject({
      error: { code: 'HOLD_NOT_FOUND' },
    })
  })

  test('have live lists there, and start', async () => {
    for (const ledger of Object.values(ledgers)) expect(await ledger.assertReady()).toEqual([])
    const entries = await ledgers.own.postedEntries(secret, { ...inGems, after: '' })
    expect((await entries.next()).value).toMatchObject({ entry: { nonce: 'own', seq: 2 } })
    await entries.return?.()
  })

  test('post there in their own transactions, which see what they have done', async () => {
    const prisma = createLedgerClient(pools.own)
    const undone = prisma.$transaction(async (tx) => {
      await ledgers.own.postEntry(
        { ownerId: secret, operation: 'GEM_PLAYED', amount: 35, nonce: 'p' },
        { tx },
      )
      const refused = ledgers.own.postEntry(
        { ownerId: secret, operation: 'GEM_PLAYED', amount: 1, nonce: 'q' },
        { tx },
      )
      await expect(refused).rejects.toMatchObject({
        code: 'INSUFFICIENT_BALANCE',
        balance: { amount: 20, held: 20 },
      })
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow()
    await prisma.$disconnect()
  })
})

describe('a book that is no longer shared', () => {
  test('is closed to the app that had it', async () => {
    const session = new pg.Client({ connectionString: urlOf('own') })
    await session.connect()
    const count = async () => {
      const { rows } = await session.query(
        'SELECT (SELECT count(*)::int FROM ledger.accounts WHERE book = $1) AS accounts, ledger.apps_of($1) AS apps, ledger.balances($1, $2) AS balances',
        [stars, [secret]],
      )
      return rows[0]
    }
    await owner.query('SELECT ledger.share_book($1, $2, $3)', [apps.other, stars, [apps.own]])
    expect(await count()).toMatchObject({ accounts: 1, balances: [{ amount: 3131 }] })
    await owner.query('SELECT ledger.share_book($1, $2, $3)', [apps.other, stars, []])
    expect(await count()).toEqual({ accounts: 0, apps: [], balances: [] })
    await session.end()
  })
})

test.each(['before', 'after'])(
  'a role with the name of a book, and rights since %s it was made, may not read it',
  async (when) => {
    const book = `pearls_${mark}`
    await owner.query('BEGIN')
    try {
      await owner.query(`CREATE ROLE ledger_${book}`)
      if (when === 'before') await owner.query('SELECT ledger.grant_app($1)', [book])
      await owner.query('SELECT ledger.make_book($1, $2)', [apps.other, book])
      if (when === 'after') await owner.query('SELECT ledger.grant_app($1)', [book])
      await owner.query(
        `INSERT INTO ledger.accounts (book, owner_id, head, created_on, updated_on)
       VALUES ($1, 'ann', ledger.chain_start($1, 'ann'), now(), now())`,
        [book],
      )
      await owner.query(`SET LOCAL SESSION AUTHORIZATION ledger_${book}`)
      const { rows } = await owner.query(
        `SELECT count(*)::int AS count, ledger.may_use_book($1) AS may, ledger.balances($1, '{ann}') AS balances FROM ledger.accounts`,
        [book],
      )
      expect(rows).toEqual([{ count: 0, may: false, balances: [] }])
    } finally {
      await owner.query('ROLLBACK')
    }
  },
)
