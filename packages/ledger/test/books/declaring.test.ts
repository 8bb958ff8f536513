// Books in SQL, as the migrations of apps and an adversary with the owner's rights use it.
import pg from 'pg'
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { sharedOperations } from '../../src/index.ts'
import { allRows, postAllBySql, postBySql } from '../open-ledger.ts'
import { declare, openBooks } from './stage.ts'

const { isCluster } = inject('postgres')
/** The SQLSTATE of a broken CHECK. Citus answers with one of its own for a shard's. */
const checkViolation = isCluster ? 'XX000' : '23514'
const { database, sql } = await openBooks()
const another = new pg.Client({ connectionString: database.directUrl })
await another.connect()
afterAll(() => another.end())

const shared = Object.keys(sharedOperations)
const set = (app: string, operations: readonly unknown[], books: unknown, retired: readonly string[] = []) =>
  sql.query('SELECT ledger.set_operations($1, $2, $3, $4)', [app, operations, retired, JSON.stringify(books)])
const make = (app: string | null, book: unknown) => sql.query('SELECT ledger.make_book($1, $2)', [app, book])
const share = (app: string, book: string, apps: unknown) =>
  sql.query('SELECT ledger.share_book($1, $2, $3)', [app, book, apps])

async function booksNow() {
  const { rows } = await sql.query(`
    SELECT (SELECT json_agg(b ORDER BY book) FROM ledger.books b) AS books,
           (SELECT json_agg(a ORDER BY app) FROM ledger.apps a) AS apps,
           (SELECT json_agg(pg_get_constraintdef(c.oid) ORDER BY conname, conrelid) FROM pg_constraint c WHERE conname LIKE 'entries_%operations') AS checks`)
  return rows[0]
}

beforeEach(() => sql.query('BEGIN'))
afterEach(() => sql.query('ROLLBACK'))

/** Expects that a statement is refused, and that it leaves no trace. */
async function expectRefused(run: () => Promise<unknown>, message: string | RegExp, code?: string) {
  const before = [await booksNow(), await allRows(sql)]
  await sql.query('SAVEPOINT before')
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  await sql.query('ROLLBACK TO before')
  expect(error).toBeInstanceOf(pg.DatabaseError)
  expect((error as Error).message).toMatch(message)
  if (code) expect(error).toMatchObject({ code })
  expect([await booksNow(), await allRows(sql)]).toEqual(before)
}

const appsOf = async (book: string) => {
  const { rows } = await sql.query('SELECT app, apps FROM ledger.books WHERE book = $1', [book])
  return rows[0] && [rows[0].app, ...rows[0].apps]
}

describe('make_book', () => {
  test('makes a book of the app alone, once, however often it is called', async () => {
    await make('mall', 'coins')
    await make('mall', 'coins')
    expect(await appsOf('coins')).toEqual(['mall', 'mall'])
    await share('mall', 'coins', ['shop'])
    await make('mall', 'coins')
    expect(await appsOf('coins')).toEqual(['mall', 'mall', 'shop'])
    await make('mall', 'mall')
    expect(await appsOf('mall')).toEqual(['mall', 'mall'])
  })

  test.each([
    '',
    'Coins',
    '1coin',
    'my coins',
    'coin-s',
    'x'.repeat(41),
    'ledger',
    'public',
    'template',
    '"coins"',
    'coins;',
  ])('refuses the name %j', (name) =>
    expectRefused(() => make('mall', name), `no book can be called ${name}`),
  )

  test('refuses no name at all', () => expectRefused(() => make('mall', null), /./))

  test.each([
    ['gems', 'the app shop has made the book gems already'],
    ['shop', 'the app shop has made the book shop already'],
  ])("refuses another app's book %s", (book, message) =>
    expectRefused(() => make('mall', book), message, '23505'),
  )

  test('makes it for a new app before its operations, which may then name it', async () => {
    await make('later', 'coins')
    await set('later', [...shared, 'COIN'], { COIN: 'coins' })
    const coin = { app: 'later', book: 'coins', operation: 'COIN' }
    expect(await postBySql(sql, coin)).toMatchObject({ outcome: 'posted' })
  })

  test.each(['ledger', 'pg_later', 'template'])('refuses the name %s of an app', (app) =>
    expectRefused(() => make(app, 'coins'), `no app can be called ${app}`),
  )

  test('refuses no app at all', () => expectRefused(() => make(null, 'coins'), /./))

  test('no app can take the name of a book', async () => {
    await make('mall', 'coins')
    await expectRefused(
      () => set('coins', shared, {}),
      'no app can be called coins: another app has made a book',
    )
    await expectRefused(() => set('gems', shared, {}), 'no app can be called gems')
  })
})

describe('share_book', () => {
  test('shares with these apps and with no others', async () => {
    await make('mall', 'coins')
    await share('mall', 'coins', ['shop', 'mall', 'arcade', 'shop'])
    expect(await appsOf('coins')).toEqual(['mall', 'arcade', 'mall', 'shop'])
    await share('mall', 'coins', ['later'])
    expect(await appsOf('coins')).toEqual(['mall', 'later', 'mall'])
    await share('mall', 'coins', [])
    expect(await appsOf('coins')).toEqual(['mall', 'mall'])
  })

  test.each([
    ['another app', 'arcade', 'gems'],
    ['an app that does not use it', 'mall', 'gems'],
    ['an app that wants the own book of another', 'arcade', 'shop'],
    ['an app that there is not', 'nobody', 'gems'],
    ['the maker of another book', 'shop', 'arcade'],
    ['the maker of a book that there is not', 'shop', 'coins'],
  ])('is refused to %s', (_, app, book) =>
    expectRefused(() => share(app, book, [app, 'mall']), `the app ${app} has made no book ${book}`),
  )

  test.each([[[]], [['mall']], [null], [[null]], [['mall', null]], [[null, 'arcade']]])(
    'takes a used book from nobody: %j',
    (apps) =>
      expectRefused(
        () => share('shop', 'gems', apps),
        /the app arcade has operations with the book gems|not with NULL/,
      ),
  )

  test('takes it from an app that declares nothing there any more', async () => {
    await declare(sql, 'arcade', sharedOperations)
    await share('shop', 'gems', [])
    expect(await appsOf('gems')).toEqual(['shop', 'shop'])
    await expectRefused(
      () => set('arcade', [...shared, 'GEM_WON'], { GEM_WON: 'gems' }),
      'may not use these books: gems',
    )
  })

  test('the own book of an app can be shared, too', async () => {
    await share('mall', 'mall', ['arcade'])
    await set('arcade', [...shared, 'GEM_WON', 'GEM_PLAYED', 'GEM_GIFT', 'VISIT'], {
      ...{ GEM_WON: 'gems', GEM_PLAYED: 'gems', GEM_GIFT: 'gems' },
      VISIT: 'mall',
    })
    expect(await postBySql(sql, { app: 'arcade', book: 'mall', operation: 'VISIT' })).toMatchObject({
      outcome: 'posted',
    })
    expect(await postBySql(sql, { app: 'mall', operation: 'CREDIT_SPEND', amount: -1 })).toMatchObject({
      entries: [{ seq: 2, balanceAfter: 0 }],
    })
  })

  test('waits for a migration that declares operations there', async () => {
    await sql.query('ROLLBACK')
    await another.query('BEGIN')
    await another.query('SELECT ledger.make_book($1, $2)', ['mall', 'tokens'])
    await another.query('SELECT ledger.share_book($1, $2, $3)', ['mall', 'tokens', ['shop']])
    await another.query('COMMIT')
    const books = (await sql.query("SELECT books FROM ledger.apps WHERE app = 'shop'")).rows[0].books
    const operations = (await sql.query("SELECT operations FROM ledger.apps WHERE app = 'shop'")).rows[0]
      .operations
    await sql.query('BEGIN')
    await set('shop', [...operations, 'COIN'], { ...books, COIN: 'tokens' })
    const taken = another
      .query('SELECT ledger.share_book($1, $2, $3)', ['mall', 'tokens', []])
      .catch((error) => error)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await sql.query('COMMIT')
    expect(await taken).toMatchObject({ message: 'the app shop has operations with the book tokens' })
    await set('shop', operations, books)
    await sql.query('BEGIN')
  })
})

describe('set_operations', () => {
  const books = { GEM_WON: 'gems', GEM_PLAYED: 'gems', GEM_GIFT: 'gems' }
  const arcade = [...shared, ...Object.keys(books)]

  test.each([
    ['a book that is not shared with it', { ...books, GEM_GIFT: 'stars' }, 'may not use these books: stars'],
    ["another app's own book", { ...books, GEM_GIFT: 'shop' }, 'may not use these books: shop'],
    [
      'a book that there is not',
      { ...books, GEM_GIFT: 'coins', GEM_WON: 'pearls' },
      'may not use these books: coins, pearls',
    ],
    ['NULL for a book', { ...books, GEM_GIFT: null }, 'may not use these books'],
    ['a list for a book', { ...books, GEM_GIFT: ['gems'] }, 'may not use these books'],
    [
      'a book for a shared operation',
      { ...books, CREDIT_ADD: 'gems' },
      'gives a book to what it does not declare or shares: CREDIT_ADD',
    ],
    ['its own book for a shared operation', { ...books, CREDIT_ADD: 'arcade' }, 'or shares: CREDIT_ADD'],
    ['a book for an undeclared operation', { ...books, GEM_LOST: 'gems' }, 'or shares: GEM_LOST'],
    ['no object of books', ['gems'], /./],
    ['no books at all', null, /./],
  ])('refuses %s', (_, named, message) => expectRefused(() => set('arcade', arcade, named), message))

  test('moves an operation that was never used', async () => {
    await set('arcade', arcade, { ...books, GEM_GIFT: 'arcade' })
    expect(await postBySql(sql, { app: 'arcade', operation: 'GEM_GIFT' })).toMatchObject({
      outcome: 'posted',
    })
    await expectRefused(
      () => postBySql(sql, { app: 'arcade', book: 'gems', operation: 'GEM_GIFT', nonce: 'm' }),
      /violates check constraint "entries_arcade_operations(?:_\d+)?"/, // a shard's has its number
      checkViolation,
    )
  })

  test.each([
    [
      'entries',
      (book?: string) => postBySql(sql, { app: 'arcade', ...(book && { book }), operation: 'GEM_GIFT' }),
    ],
    [
      'holds',
      async (book?: string) => {
        await postBySql(sql, {
          app: 'arcade',
          ...(book && { book }),
          operation: book ? 'GEM_WON' : 'CREDIT_ADD',
          nonce: 'first',
        })
        return postBySql(sql, {
          app: 'arcade',
          ...(book && { book }),
          operation: 'GEM_GIFT',
          amount: -1,
          hold_ms: 1000,
        } as object)
      },
    ],
  ])('refuses to move an operation with %s, in either direction', async (_, use) => {
    expect(await use('gems')).toMatchObject({ outcome: expect.stringMatching(/posted|held/) })
    const message = 'app arcade has entries or holds of GEM_GIFT, which gets another book'
    const { GEM_GIFT: _moved, ...own } = books
    await expectRefused(() => set('arcade', arcade, own), message, '23001')
    await set('arcade', [...arcade, 'NEW'], books, ['GEM_GIFT'])
    await expectRefused(() => set('arcade', arcade, own, ['GEM_GIFT']), message)
    await sql.query('ROLLBACK; BEGIN')
    await set('arcade', arcade, own)
    expect(await use()).toMatchObject({ outcome: expect.stringMatching(/posted|held/) })
    await expectRefused(() => set('arcade', arcade, books), message, '23001')
  })

  test('an operation that names the own book stays where it is', async () => {
    await set('arcade', [...arcade, 'VISIT'], { ...books, VISIT: 'arcade' })
    expect(await postBySql(sql, { app: 'arcade', operation: 'VISIT' })).toMatchObject({ outcome: 'posted' })
    await set('arcade', [...arcade, 'VISIT'], books)
    await set('arcade', [...arcade, 'VISIT'], { ...books, VISIT: 'arcade' })
  })
})

describe('the constraint of a partition', () => {
  test('allows each operation in its book alone', async () => {
    const { checks } = await booksNow()
    expect(checks.join()).toContain("((book = 'stars'::text) AND (operation = ANY ('{STAR_ADD}'::text[])))")
    for (const [book, operation] of [
      ['gems', 'CREDIT_ADD'],
      ['shop', 'GEM_ADD'],
      ['stars', 'GEM_ADD'],
      ['gems', 'STAR_ADD'],
      ['gems', 'UNKNOWN'],
    ] as const) {
      await expectRefused(
        () => postBySql(sql, { app: 'shop', book, operation }),
        /violates check constraint "entries_shop_operations(?:_\d+)?"/, // a shard's has its number
        checkViolation,
      )
    }
  })

  test.each([
    ['gems', 'CREDIT_SPEND'],
    ['shop', 'GEM_SPEND'],
    ['stars', 'GEM_SPEND'],
  ])('and a hold in the book %s with the operation %s is refused like an entry', async (book, operation) => {
    const give = { shop: 'CREDIT_ADD', gems: 'GEM_ADD', stars: 'STAR_ADD' }[book]!
    await postBySql(sql, { app: 'shop', book, operation: give, amount: 9, nonce: 'first' })
    const hold = { app: 'shop', book, operation, amount: -1, hold_ms: 1000 } as object
    await expectRefused(
      () => postBySql(sql, hold),
      `does not declare the operation ${operation} in the book ${book}`,
      '23514',
    )
  })

  test('refuses what is written past the functions', async () => {
    await postBySql(sql, { app: 'shop', book: 'gems', operation: 'GEM_ADD' })
    for (const change of [
      "book = 'shop'",
      "operation = 'CREDIT_ADD'",
      "book = 'stars', operation = 'CREDIT_ADD'",
    ]) {
      await expectRefused(() => sql.query(`UPDATE ledger.entries SET ${change} WHERE app = 'shop'`), /./)
    }
  })
})

describe('ledger.post_<app> refuses', () => {
  const line = { account: 1, operation: 'GEM_WON', amount: 1 }
  const request = () => ({ id: crypto.randomUUID(), nonce: crypto.randomUUID(), lines: [line] })

  test.each([
    ['a book that is not shared', 'stars'],
    ["another app's own book", 'shop'],
    ['a book that there is not', 'coins'],
    ['an empty name', ''],
    ['NULL', null],
  ])('%s', async (_, book) => {
    for (const dryRun of [false, true]) {
      await expectRefused(
        () =>
          postAllBySql(sql, {
            app: 'arcade',
            ownerIds: ['ada'],
            books: [book],
            requests: [request()],
            dryRun,
          }),
        /the app arcade may not use the book/,
        '42501',
      )
    }
    const append = 'SELECT ledger.append_arcade($1, $2, $3, NULL, $4, 1, 1, false, NULL, $5)'
    const values = ['ada', crypto.randomUUID(), 'n', 'GEM_WON', book]
    // NULL is the default's meaning there: the app's own book, which the operation does not have.
    await expectRefused(() => sql.query(append, values), /may not use the book|entries_arcade_operations/)
  })

  test('a set of books of which one is not shared, even of an account without lines', () =>
    expectRefused(
      () =>
        postAllBySql(sql, {
          app: 'arcade',
          ownerIds: ['ada', 'bob'],
          books: ['gems', 'stars'],
          requests: [request()],
        }),
      'the app arcade may not use the book stars',
    ))

  test('every book but the own, for an app that shares none', async () => {
    await expectRefused(
      () => postBySql(sql, { app: 'mall', book: 'gems', operation: 'CREDIT_ADD' }),
      'the app mall may not use the book gems',
    )
  })

  test.each([
    ['fewer books than owners', ['ada', 'bob'], ['gems']],
    ['more books than owners', ['ada'], ['gems', 'gems']],
    ['an account twice', ['ada', 'ada'], ['gems', 'gems']],
    ['books of one owner in another order', ['ada', 'ada'], ['gems', 'arcade']],
    ['owners in another order', ['bob', 'ada'], ['gems', 'gems']],
  ])('%s', (_, ownerIds, books) =>
    expectRefused(
      () => postAllBySql(sql, { app: 'arcade', ownerIds, books, requests: [request()] }),
      'come once each, in the order of the bytes',
      '22023',
    ),
  )

  test.each([[[['gems'], ['gems']]], ['gems'], [{ gems: 1 }]])('books in another form: %j', (books) =>
    expectRefused(
      () =>
        postAllBySql(sql, {
          app: 'arcade',
          ownerIds: ['ada', 'bob'],
          books: books as never,
          requests: [request()],
        }),
      /./,
    ),
  )

  test('an overdraft in a book that another app made: by an answer', async () => {
    const lines = [{ account: 1, operation: null, amount: null, overdraft: 5 }]
    const requests = [{ id: crypto.randomUUID(), lines }]
    const before = await allRows(sql)
    expect(
      await postAllBySql(sql, { app: 'arcade', ownerIds: ['ada'], books: ['gems'], requests }),
    ).toMatchObject([{ outcome: 'not_the_maker' }])
    expect(await allRows(sql)).toEqual(before)
    expect(
      await postAllBySql(sql, { app: 'shop', ownerIds: ['ada'], books: ['gems'], requests }),
    ).toMatchObject([{ outcome: 'set' }])
  })

  test.each(['captures', 'releases', 'reverses', 'refunds'])(
    "another app's hold or entry, named by %s",
    async (does) => {
      await postBySql(sql, { app: 'shop', book: 'gems', operation: 'GEM_ADD', amount: 9 })
      await postBySql(sql, {
        app: 'shop',
        book: 'gems',
        operation: 'GEM_SPEND',
        amount: -2,
        nonce: 'h',
        hold_ms: 1000,
      } as object)
      await postBySql(sql, { app: 'shop', book: 'gems', operation: 'GEM_SPEND', amount: -1, nonce: 'm' })
      const { rows } = await sql.query(
        `SELECT (SELECT id FROM ledger.holds WHERE app = 'shop') AS hold, (SELECT id FROM ledger.entries WHERE nonce = 'm') AS entry`,
      )
      const id = ['captures', 'releases'].includes(does) ? rows[0].hold : rows[0].entry
      const amount = does === 'captures' ? -1 : 1
      const line =
        does === 'releases' ? { operation: null, amount: null } : { operation: 'GEM_PLAYED', amount }
      const requests = [
        {
          id: crypto.randomUUID(),
          nonce: does === 'releases' ? null : 'x',
          lines: [{ account: 1, ...line, [does]: id }],
        },
      ]
      const before = await allRows(sql)
      const [answer] = await postAllBySql(sql, {
        app: 'arcade',
        ownerIds: ['ada'],
        books: ['gems'],
        requests,
      })
      expect(answer.outcome).toMatch(/^(?:hold|entry)_not_found$/)
      expect(await allRows(sql)).toEqual(before)
    },
  )
})

test('a transaction of another book has another id, even of the same attempt', async () => {
  const id = crypto.randomUUID()
  const ids = new Set<string>()
  for (const [app, book, operation] of [
    ['shop', 'shop', 'CREDIT_ADD'],
    ['shop', 'gems', 'GEM_ADD'],
    ['shop', 'stars', 'STAR_ADD'],
  ] as const) {
    const requests = [{ id, nonce: 'n', lines: [{ account: 1, operation, amount: 1 }] }]
    const [posted] = await postAllBySql(sql, { app, ownerIds: ['ada'], books: [book], requests })
    ids.add(posted.entries[0].transactionId)
    // On a cluster, this leads to the function for all requests.
    if (!isCluster) {
      const append = `SELECT ledger.append_${app}('ada', $1, 'm', NULL, $2, 1, 1, false, NULL, $3) AS answer`
      const appended = await sql.query(append, [id, operation, book])
      ids.add(appended.rows[0].answer.transaction)
    }
    // Sent again after a lost answer, it is recognised.
    const [again] = await postAllBySql(sql, { app, ownerIds: ['ada'], books: [book], requests })
    expect(again).toMatchObject({
      outcome: 'duplicate',
      own: true,
      entry: { transactionId: posted.entries[0].transactionId },
    })
  }
  expect(ids.size).toBe(isCluster ? 3 : 6)
  expect(ids).not.toContain(undefined)
})
