import { describe, expect, inject, test } from 'vitest'
import { createLedger, defineOperations, sharedOperations, ValidationError } from '../../src/index.ts'
import { balanceOf, brokenBooks, postBySql } from '../open-ledger.ts'
import { given, openBooks, type shop as operations } from './stage.ts'

const { sql, pool, prisma, shop } = await openBooks()

let count = 0
/** Returns an owner that no other test of the file uses. */
const newOwner = () => `owner-${++count}`
const newNonce = () => crypto.randomUUID()

const post = (
  ownerId: string,
  operation: keyof typeof operations,
  amount?: number,
  nonce: string = newNonce(),
) => shop.postEntry({ ownerId, operation, amount, nonce })
const amounts = async (ownerId: string) =>
  Promise.all(
    (['shop', 'gems', 'stars'] as const).map(async (book) => (await shop.balance(ownerId, { book })).amount),
  )

test.each([
  ['of two owners', ['ada', 'bob'], [1, -1]],
  ['that makes credits in both', ['ada', 'ada'], [1, 1]],
])('SQL refuses a transaction over two books %s', async (_what, owners, amounts) => {
  const requests = {
    ...{ book: ['gems', 'shop'], id: [newNonce()], nonce: [newNonce()], request: [1, 1], account: [1, 2] },
    ...{ operation: ['GEM_ADD', 'CREDIT_ADD'], amount: amounts, requested: amounts },
  }
  const call = 'SELECT ledger.post_shop($1, $2, $3, $4)'
  const refused = sql.query(call, [owners[0], owners, [2], JSON.stringify(requests)])
  await expect(refused).rejects.toThrow(/a transaction is in one book/)
})

describe('an app with several books', () => {
  test('says which they are, its own first', () => {
    expect(shop.books).toEqual(['shop', 'gems', 'stars'])
    const plain = createLedger({ app: 'mall', operations: sharedOperations, pool })
    expect(plain.books).toEqual(['mall'])
    expect(shop.describeOperations().map(({ name, book }) => [name, book])).toEqual([
      ...Object.keys(sharedOperations).map((name) => [name, undefined]),
      ...[
        ['GEM_ADD', 'gems'],
        ['GEM_SPEND', 'gems'],
        ['GEM_GIFT', 'gems'],
        ['GEMS_FROZEN', 'gems'],
        ['GEMS_OPENED', 'gems'],
        ['STAR_ADD', 'stars'],
      ],
    ])
  })

  // A cluster has no list of the whole app.
  test.skipIf(inject('postgres').isCluster)(
    'the list of the whole app has one book, also on a server that does not know the others yet',
    async () => {
      const owner = newOwner()
      given(await post(owner, 'GEM_ADD', 7))
      given(await post(owner, 'CREDIT_ADD', 3))
      const older = createLedger({ app: 'shop', operations: sharedOperations, pool })
      for (const ledger of [shop, older]) {
        const { edges } = await ledger.entries({ first: 100 })
        expect(new Set(edges.map(({ node }) => node.book))).toEqual(new Set(['shop']))
        expect(edges[0]?.node).toMatchObject({ ownerId: owner, operationName: 'CREDIT_ADD' })
      }
      await older.close()
    },
  )

  test('an owner has an account in each: balances, seqs and overdrafts do not touch each other', async () => {
    const owner = newOwner()
    const { entry, balance } = given(await post(owner, 'GEM_ADD', 7))
    expect(entry).toMatchObject({ book: 'gems', seq: 1, balanceAfter: 7 })
    expect(balance).toEqual(balanceOf(owner, 7, 'gems'))
    expect(given(await post(owner, 'CREDIT_ADD', 5)).entry).toMatchObject({
      book: 'shop',
      seq: 1,
      balanceAfter: 5,
    })
    expect(given(await post(owner, 'STAR_ADD')).entry).toMatchObject({
      book: 'stars',
      seq: 1,
      balanceAfter: 1,
    })
    expect(given(await post(owner, 'GEM_SPEND', 3)).entry).toMatchObject({
      book: 'gems',
      seq: 2,
      balanceAfter: 4,
    })
    expect(await amounts(owner)).toEqual([5, 4, 1])
    expect(await shop.balance(owner)).toEqual(balanceOf(owner, 5, 'shop'))
    expect(await shop.balance('nobody', { book: 'gems' })).toEqual(balanceOf('nobody', 0, 'gems'))

    const { balance: gems } = given(await shop.setOverdraft({ ownerId: owner, book: 'gems', limit: 6 }))
    expect(gems).toEqual({
      ownerId: owner,
      book: 'gems',
      amount: 4,
      overdraft: 6,
      held: 0,
      available: 10,
      state: 'OPEN',
    })
    expect(await shop.balance(owner)).toEqual(balanceOf(owner, 5, 'shop'))
    given(await post(owner, 'GEM_SPEND', 10))
    expect(await post(owner, 'CREDIT_SPEND', 6)).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: balanceOf(owner, 5, 'shop') },
    })
    expect(await amounts(owner)).toEqual([5, -6, 1])
  })

  test('a balance at the bounds of its book leaves the others free', async () => {
    const owner = newOwner()
    given(await post(owner, 'GEM_ADD', Number.MAX_SAFE_INTEGER))
    expect(await post(owner, 'GEM_ADD', 1)).toMatchObject({
      error: { code: 'BALANCE_OUT_OF_RANGE', balance: { book: 'gems', amount: Number.MAX_SAFE_INTEGER } },
    })
    given(await post(owner, 'CREDIT_ADD', 1))
    expect(await amounts(owner)).toEqual([1, Number.MAX_SAFE_INTEGER, 0])
  })

  test('a nonce is unique per account: another book may use it, for entries and holds', async () => {
    const owner = newOwner()
    const own = given(await post(owner, 'CREDIT_ADD', 9, 'n')).entry
    const gem = given(await post(owner, 'GEM_ADD', 9, 'n')).entry
    expect(gem.transactionId).not.toBe(own.transactionId)
    expect(await post(owner, 'GEM_ADD', 9, 'n')).toMatchObject({
      error: {
        code: 'DUPLICATE_NONCE',
        identical: true,
        entry: { id: gem.id, book: 'gems' },
        balance: { book: 'gems' },
      },
    })
    const hold = { ownerId: owner, amount: 1, nonce: 'n', expiresIn: 60 }
    expect(await shop.holdCredits({ ...hold, operation: 'GEM_SPEND' })).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: false, entry: { id: gem.id } },
    })
    const held = { ...hold, nonce: 'h' }
    given(await shop.holdCredits({ ...held, operation: 'CREDIT_SPEND' }))
    const { hold: gems } = given(await shop.holdCredits({ ...held, operation: 'GEM_SPEND' }))
    expect(await post(owner, 'GEM_ADD', 1, 'h')).toMatchObject({
      error: {
        code: 'DUPLICATE_NONCE',
        identical: false,
        hold: { id: gems.id, book: 'gems' },
        balance: { book: 'gems' },
      },
    })
    expect(await shop.entryByNonce(owner, 'n')).toMatchObject({ id: own.id })
    expect(await shop.entryByNonce(owner, 'n', { book: 'gems' })).toEqual(gem)
    expect(await shop.entryByNonce(owner, 'n', { book: 'stars' })).toBe(null)
  })

  test('a list posts in any books, each item in its own', async () => {
    const owner = newOwner()
    const items = [
      { ownerId: owner, operation: 'GEM_ADD', amount: 5, nonce: 'n' },
      { ownerId: owner, operation: 'CREDIT_ADD', amount: 6, nonce: 'n' },
      { ownerId: owner, operation: 'GEM_SPEND', amount: 9, nonce: 'm' },
      { ownerId: owner, operation: 'CREDIT_SPEND', amount: 6, nonce: 'm' },
      { ownerId: owner, operation: 'GEM_ADD', amount: 5, nonce: 'n' },
    ] as const
    const results = await shop.postEntries(items)
    expect(results).toMatchObject([
      { ok: true, entry: { book: 'gems', seq: 1 }, balance: { book: 'gems', amount: 5 } },
      { ok: true, entry: { book: 'shop', seq: 1 }, balance: { book: 'shop', amount: 6 } },
      { error: { code: 'INSUFFICIENT_BALANCE', balance: { book: 'gems', amount: 5 } } },
      { ok: true, entry: { book: 'shop', seq: 2 }, balance: { book: 'shop', amount: 0 } },
      { error: { code: 'DUPLICATE_NONCE', identical: true } },
    ])
    expect(await amounts(owner)).toEqual([0, 5, 0])
    // Each list and each transaction is one call of the database, whatever the order of its owners and books.
    const owners = ['é', 'z', 'Z', '🎲'].map((name) => `${owner} ${name}`)
    const many = owners.flatMap((ownerId) =>
      (['STAR_ADD', 'GEM_ADD', 'CREDIT_ADD'] as const).map((operation) => ({
        ownerId,
        operation,
        nonce: 'n',
      })),
    )
    for (const result of await shop.postEntries(many)) given(result)
    expect(await Promise.all(owners.map(amounts))).toEqual(owners.map(() => [10, 10, 1]))
  })

  test('postings at once in all books of one owner are all done', async () => {
    const owner = newOwner()
    const names = ['CREDIT_ADD', 'GEM_ADD', 'STAR_ADD'] as const
    const results = await Promise.all(Array.from({ length: 150 }, (_, i) => post(owner, names[i % 3]!)))
    for (const result of results) given(result)
    expect(await amounts(owner)).toEqual([500, 500, 50])
  })
})

describe('a transaction stays within one book', () => {
  const entry = (ownerId: string, operation: keyof typeof operations) => ({ ownerId, operation })

  test('in any book', async () => {
    const [from, to] = [newOwner(), newOwner()]
    given(await post(from, 'GEM_ADD', 5))
    const entries = [
      { ...entry(from, 'GEM_SPEND'), amount: 5 },
      { ...entry(to, 'GEM_ADD'), amount: 5 },
    ]
    const { transaction, balances } = given(
      await shop.postTransaction({ nonce: 'n', balanced: true, entries }),
    )
    expect(transaction.entries.map(({ book }) => book)).toEqual(['gems', 'gems'])
    expect(balances).toEqual([balanceOf(from, 0, 'gems'), balanceOf(to, 5, 'gems')])
    expect(await shop.transaction(transaction.id)).toEqual(transaction)
  })

  test('else nothing of it is posted, and the nonce stays free', async () => {
    const [one, two] = [newOwner(), newOwner()]
    const entries = [
      entry(one, 'GEM_ADD'),
      entry(two, 'CREDIT_ADD'),
      entry(one, 'GEM_ADD'),
      entry(one, 'STAR_ADD'),
    ]
    const refused = await shop.postTransaction({ nonce: 'n', entries })
    expect(refused).toMatchObject({
      error: {
        code: 'VALIDATION_ERROR',
        errors: [
          {
            field: 'entries.1.operation',
            message: 'has the book shop, and the transaction is in the book gems',
          },
          {
            field: 'entries.3.operation',
            message: 'has the book stars, and the transaction is in the book gems',
          },
        ],
      },
    })
    expect(await shop.postTransaction({ nonce: 'n', entries, dryRun: true })).toMatchObject({ ok: false })
    const inTx = prisma.$transaction((tx) => shop.postTransaction({ nonce: 'n', entries }, { tx }))
    await expect(inTx).rejects.toBeInstanceOf(ValidationError)
    expect(await Promise.all([one, two].map(amounts))).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
    given(await shop.postTransaction({ nonce: 'n', entries: [entry(one, 'GEM_ADD')] }))
  })

  test('a transaction that was posted is a duplicate before its books are judged', async () => {
    const owner = newOwner()
    given(await shop.postTransaction({ nonce: 'n', entries: [entry(owner, 'GEM_ADD')] }))
    const entries = [entry(owner, 'GEM_ADD'), entry(owner, 'CREDIT_ADD')]
    expect(await shop.postTransaction({ nonce: 'n', entries })).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: false, entry: { book: 'gems' } },
    })
  })
})

describe('holds and corrections', () => {
  test('a hold sets aside credits of its book alone', async () => {
    const owner = newOwner()
    given(await post(owner, 'GEM_ADD', 10))
    given(await post(owner, 'CREDIT_ADD', 10))
    const input = { ownerId: owner, operation: 'GEM_SPEND', amount: 8, nonce: 'h', expiresIn: 60 } as const
    const { hold, balance } = given(await shop.holdCredits(input))
    expect(hold).toMatchObject({ book: 'gems', status: 'HELD' })
    expect(balance).toEqual({
      ownerId: owner,
      book: 'gems',
      amount: 10,
      overdraft: 0,
      held: 8,
      available: 2,
      state: 'OPEN',
    })
    expect(await shop.hold(hold.id)).toEqual(hold)
    expect(await shop.holds(owner)).toEqual([])
    expect(await shop.holds(owner, { book: 'gems' })).toEqual([hold])
    given(await post(owner, 'CREDIT_SPEND', 10))
    expect(await post(owner, 'GEM_SPEND', 3)).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE' } })
    const captured = given(await shop.captureHold({ id: hold.id, amount: 5, nonce: 'c' }))
    expect(captured).toMatchObject({
      entry: { book: 'gems', amount: -5, holdId: hold.id },
      hold: { book: 'gems', status: 'CAPTURED' },
      balance: balanceOf(owner, 5, 'gems'),
    })
    const { hold: second } = given(await shop.holdCredits({ ...input, amount: 5, nonce: 'h2' }))
    expect(given(await shop.releaseHold(second.id)).balance).toEqual(balanceOf(owner, 5, 'gems'))
    expect(await amounts(owner)).toEqual([0, 5, 0])
  })

  test('a reversal and a refund go to the book of the original', async () => {
    const owner = newOwner()
    given(await post(owner, 'CREDIT_ADD', 50))
    const { entry: given8 } = given(await post(owner, 'GEM_ADD', 8))
    const { entry: taken } = given(await post(owner, 'GEM_SPEND', 6))
    expect(given(await shop.refundEntry({ id: taken.id, amount: 2, nonce: 'r' })).entry).toMatchObject({
      book: 'gems',
      balanceAfter: 4,
    })
    // 4 gems are left, whatever there is in the other book.
    expect(await shop.reverseTransaction({ id: given8.transactionId, nonce: 'v' })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: balanceOf(owner, 4, 'gems') },
    })
    given(await post(owner, 'GEM_ADD', 4))
    const { transaction } = given(await shop.reverseTransaction({ id: given8.transactionId, nonce: 'v' }))
    expect(transaction.entries).toMatchObject([{ book: 'gems', amount: -8, reverses: given8.id }])
    expect(await amounts(owner)).toEqual([50, 0, 0])
  })

  test('a limit counts in the book of its operation', async () => {
    const owner = newOwner()
    given(await post(owner, 'GEM_GIFT'))
    given(await post(owner, 'DAILY_REWARD'))
    given(await post(owner, 'GEM_GIFT'))
    expect(await post(owner, 'GEM_GIFT')).toMatchObject({ error: { code: 'LIMIT_REACHED', nextOn: null } })
    expect(await post(owner, 'DAILY_REWARD')).toMatchObject({ error: { code: 'LIMIT_REACHED' } })
  })
})

describe('reads of a book', () => {
  test('entries, summaries, accounts and past balances have nothing of another book', async () => {
    const owner = newOwner()
    const before = new Date()
    for (let i = 1; i <= 3; i++) {
      given(await post(owner, 'GEM_ADD', i))
      given(await post(owner, 'CREDIT_ADD', 10 * i))
    }
    const read = async (book: 'shop' | 'gems' | 'stars') => ({
      entries: (await shop.entries({ ownerId: owner, book })).edges.map(({ node }) => [
        node.book,
        node.amount,
      ]),
      byOperation: (await shop.entries({ ownerId: owner, book, operations: ['GEM_ADD'] })).edges.length,
      account: (await shop.accountEntries({ ownerId: owner, book })).edges.map(({ node }) => node.amount),
      summary: (
        await shop.summary({
          ownerId: owner,
          book,
          from: before,
          to: new Date(Date.now() + 1000),
          per: 'MONTH',
        })
      ).map(({ operationName, count, gross }) => [operationName, count, gross]),
      accounts: (await shop.accounts({ prefix: owner, book })).edges.map(({ node }) => [
        node.book,
        node.balance,
        node.entryCount,
      ]),
      now: await shop.balanceAt(owner, new Date(Date.now() + 1000), { book }),
      before: (await shop.balanceAt(owner, new Date(before.getTime() - 1), { book })).amount,
    })
    expect(await read('gems')).toMatchObject({
      entries: [
        ['gems', 3],
        ['gems', 2],
        ['gems', 1],
      ],
      byOperation: 3,
      account: [3, 2, 1],
      summary: [['GEM_ADD', 3, 6]],
      accounts: [['gems', balanceOf(owner, 6, 'gems'), 3]],
      now: { ownerId: owner, book: 'gems', amount: 6 },
      before: 0,
    })
    expect(await read('shop')).toMatchObject({
      entries: [
        ['shop', 30],
        ['shop', 20],
        ['shop', 10],
      ],
      byOperation: 0,
      account: [30, 20, 10],
      summary: [['CREDIT_ADD', 3, 60]],
      accounts: [['shop', balanceOf(owner, 60, 'shop'), 3]],
      now: { ownerId: owner, book: 'shop', amount: 60 },
      before: 0,
    })
    expect(await read('stars')).toMatchObject({
      entries: [],
      byOperation: 0,
      account: [],
      summary: [],
      accounts: [],
    })
    expect(await shop.entries({ ownerId: owner })).toEqual(
      await shop.entries({ ownerId: owner, book: 'shop' }),
    )
  })

  test.each(['ledger', 'mall', 'Gems', '', 7, {}])('the book %j is refused', async (book) => {
    const wrong = { book: book as never }
    const range = { from: new Date(0), to: new Date(1), per: 'MONTH' } as const
    const reads = [
      shop.balance('ada', wrong),
      shop.balanceAt('ada', new Date(), wrong),
      shop.entryByNonce('ada', 'n', wrong),
      shop.entries({ ownerId: 'ada', ...wrong }),
      shop.accountEntries({ ownerId: 'ada', ...wrong }),
      shop.holds('ada', wrong),
      shop.accounts(wrong),
      shop.summary({ ...range, ...wrong }),
      shop.postedEntries('ada', wrong),
      shop.setOverdraft({ ownerId: 'ada', limit: 1, ...wrong }).then((result) => {
        throw result.ok ? new Error('it was set') : result.error
      }),
    ]
    for (const read of reads) {
      const refused = await read.catch((error) => error)
      expect(refused).toBeInstanceOf(ValidationError)
      expect(refused.errors).toEqual([{ field: 'book', message: 'must be one of shop, gems, stars' }])
    }
  })
})

describe('live lists', () => {
  test('have the entries of their book, each with its own cursors', async () => {
    const owner = newOwner()
    given(await post(owner, 'GEM_ADD'))
    const lists = {
      shop: await shop.postedEntries(owner),
      gems: await shop.postedEntries(owner, { book: 'gems' }),
      all: await shop.postedEntries(owner, { book: 'gems', after: '' }),
    }
    given(await post(owner, 'CREDIT_ADD'))
    given(await post(owner, 'STAR_ADD'))
    given(await post(owner, 'GEM_SPEND'))
    const next = async (list: AsyncIterator<{ entry: object }>) => (await list.next()).value?.entry
    expect(await next(lists.gems)).toMatchObject({ operation: 'GEM_SPEND', seq: 2 })
    expect(await next(lists.shop)).toMatchObject({ operation: 'CREDIT_ADD', seq: 1 })
    expect([await next(lists.all), await next(lists.all)]).toMatchObject([{ seq: 1 }, { seq: 2 }])
    given(await post(owner, 'CREDIT_SPEND'))
    expect(await next(lists.shop)).toMatchObject({ operation: 'CREDIT_SPEND', seq: 2 })
    for (const list of Object.values(lists)) await list.return?.()
  })
})

describe("in an app's own transaction", () => {
  test('postings in any book are committed or undone together', async () => {
    const owner = newOwner()
    const buy = (fails: boolean) =>
      prisma.$transaction(async (tx) => {
        await shop.postEntry({ ownerId: owner, operation: 'CREDIT_ADD', amount: 4, nonce: 'n' }, { tx })
        const { balance } = await shop.postEntry(
          { ownerId: owner, operation: 'GEM_ADD', amount: 40, nonce: 'n' },
          { tx },
        )
        await shop.postEntry(
          { ownerId: owner, operation: 'GEM_SPEND', amount: fails ? 41 : 40, nonce: 'm' },
          { tx },
        )
        return balance
      })
    await expect(buy(true)).rejects.toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      balance: { book: 'gems', amount: 40 },
    })
    expect(await amounts(owner)).toEqual([0, 0, 0])
    expect(await buy(false)).toEqual(balanceOf(owner, 40, 'gems'))
    expect(await amounts(owner)).toEqual([4, 0, 0])
  })

  test('once finds what was posted in another book', async () => {
    const owner = newOwner()
    given(await post(owner, 'CREDIT_ADD', 3, 'n')) // the same nonce in the app's own book
    const rows: { readonly entryId: string }[] = []
    const order = () =>
      shop.once(prisma, {
        post: (tx) => shop.postEntry({ ownerId: owner, operation: 'GEM_ADD', amount: 5, nonce: 'n' }, { tx }),
        write: async (_tx, { entry }) => {
          rows.push({ entryId: entry.id })
          return { entryId: entry.id }
        },
        find: async ({ entry }) => rows.find(({ entryId }) => entryId === entry.id) ?? null,
      })
    expect(await order()).toMatchObject({ entry: { book: 'gems' }, replayed: false })
    expect(await order()).toMatchObject({ entry: { book: 'gems' }, replayed: true })
    expect(rows).toHaveLength(1)
    expect(await amounts(owner)).toEqual([3, 5, 0])
  })
})

test('a dry run in another book writes nothing', async () => {
  const owner = newOwner()
  const { entry, balance } = given(
    await shop.postEntry({ ownerId: owner, operation: 'GEM_ADD', nonce: 'n', dryRun: true }),
  )
  expect([entry, balance]).toMatchObject([
    { id: '0', book: 'gems' },
    { book: 'gems', amount: 10 },
  ])
  expect((await shop.accounts({ book: 'gems', prefix: owner })).edges).toEqual([])
})

test('an operation that names the own book has it, like one that names none', async () => {
  const named = createLedger({
    app: 'shop',
    operations: defineOperations({
      ...sharedOperations,
      GEM_ADD: { amount: 1, book: 'gems' },
      COIN: { amount: 1, book: 'shop' },
    }),
    pool,
  })
  expect(named.books).toEqual(['shop', 'gems'])
})

test('each account agrees with its entries and holds', async () => {
  await postBySql(sql, { app: 'shop', ownerId: 'last', book: 'gems', operation: 'GEM_ADD' })
  expect(await brokenBooks(sql)).toEqual([])
})
