import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { AccountEntry } from '../../src/index.ts'
import { allRows, balanceOf, brokenBooks, stopClockAt } from '../open-ledger.ts'
import {
  type arcade as arcadeOperations,
  given,
  openBooks,
  postAtOnce,
  type shop as shopOperations,
} from './stage.ts'

const { sql, prisma, shop, arcade } = await openBooks()

let count = 0
/** Returns an owner that no other test of the file uses. */
const newOwner = () => `owner-${++count}`
const newNonce = () => crypto.randomUUID()
const gems = { book: 'gems' } as const

const byShop = async (
  ownerId: string,
  operation: keyof typeof shopOperations,
  amount?: number,
  nonce: string = newNonce(),
) => shop.postEntry({ ownerId, operation, amount, nonce })
const byArcade = async (
  ownerId: string,
  operation: keyof typeof arcadeOperations,
  amount?: number,
  nonce: string = newNonce(),
) => arcade.postEntry({ ownerId, operation, amount, nonce })
const runClock = (client: pg.Client) =>
  client.query(
    'CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE RETURN clock_timestamp()',
  )
const seqsOf = (entries: readonly AccountEntry[]) => entries.map(({ seq }) => seq)

describe('two apps that share a book', () => {
  test('have one account of an owner there, and one each in their own', async () => {
    const owner = newOwner()
    given(await byShop(owner, 'GEM_ADD', 9))
    expect(given(await byArcade(owner, 'GEM_PLAYED', 4))).toMatchObject({
      entry: { book: 'gems', seq: 2, balanceAfter: 5 },
      balance: balanceOf(owner, 5, 'gems'),
    })
    expect(await shop.balance(owner, gems)).toEqual(balanceOf(owner, 5, 'gems'))
    expect(await arcade.balance(owner, gems)).toEqual(balanceOf(owner, 5, 'gems'))
    expect(await byShop(owner, 'GEM_SPEND', 6)).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE' } })
    given(await byShop(owner, 'CREDIT_ADD', 3))
    expect(await arcade.balance(owner)).toEqual(balanceOf(owner, 0, 'arcade'))
    expect((await arcade.accounts({ ...gems, prefix: owner })).edges.map(({ node }) => node)).toMatchObject([
      { ownerId: owner, book: 'gems', balance: { amount: 5 }, entryCount: 2 },
    ])
  })

  test('count seq together without gaps, also when they post at once', async () => {
    const owner = newOwner()
    const results = await Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        i % 2 === 0 ? byShop(owner, 'GEM_ADD', 2) : byArcade(owner, 'GEM_WON', 1),
      ),
    )
    for (const result of results) given(result)
    const seqs = results.map((result) => given(result).entry.seq)
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
    expect(await shop.balance(owner, gems)).toEqual(balanceOf(owner, 600, 'gems'))
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('each may use a nonce once in an account, whatever the other has used', async () => {
    const owner = newOwner()
    const { entry } = given(await byShop(owner, 'GEM_ADD', 5, 'n'))
    const { entry: other } = given(await byArcade(owner, 'GEM_WON', 5, 'n'))
    expect(other.seq).toBe(2)
    expect(await byShop(owner, 'GEM_ADD', 5, 'n')).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true, entry: { id: entry.id }, balance: { amount: 10 } },
    })
    expect(await byArcade(owner, 'GEM_WON', 6, 'n')).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: false, entry: { id: other.id } },
    })
    const hold = { ownerId: owner, amount: 1, nonce: 'h', expiresIn: 60 } as const
    given(await shop.holdCredits({ ...hold, operation: 'GEM_SPEND' }))
    given(await arcade.holdCredits({ ...hold, operation: 'GEM_PLAYED' }))
    expect(await arcade.entryByNonce(owner, 'n', gems)).toMatchObject({ id: other.id })
  })

  test("a limit counts the app's own alone, even of an operation with the same name", async () => {
    const owner = newOwner()
    for (const post of [byShop, byArcade]) {
      given(await post(owner, 'GEM_GIFT'))
      given(await post(owner, 'GEM_GIFT'))
      expect(await post(owner, 'GEM_GIFT')).toMatchObject({ error: { code: 'LIMIT_REACHED' } })
    }
    expect(await shop.balance(owner, gems)).toMatchObject({ amount: 4 })
  })

  test('only the maker sets an overdraft, which both may use', async () => {
    const owner = newOwner()
    const before = await allRows(sql)
    expect(await arcade.setOverdraft({ ownerId: owner, ...gems, limit: 5 })).toMatchObject({
      error: {
        code: 'VALIDATION_ERROR',
        errors: [{ field: 'book', message: expect.stringContaining('gems') }],
      },
    })
    expect(await arcade.setOverdraft({ ownerId: owner, ...gems, limit: 0 })).toMatchObject({ ok: false })
    expect(await allRows(sql)).toEqual(before)
    given(await shop.setOverdraft({ ownerId: owner, ...gems, limit: 5 }))
    given(await byArcade(owner, 'GEM_PLAYED', 5))
    expect(await byShop(owner, 'GEM_SPEND', 1)).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE' } })
    expect(await shop.setOverdraft({ ownerId: owner, ...gems, limit: 4 })).toMatchObject({
      error: { code: 'OVERDRAFT_IN_USE', balance: { amount: -5 } },
    })
    given(await arcade.setOverdraft({ ownerId: owner, limit: 5 })) // in its own book
  })
})

describe('holds', () => {
  const input = { amount: 6, expiresIn: 60 } as const

  test('of both count, and each app sees, captures and releases only its own', async () => {
    const owner = newOwner()
    given(await byShop(owner, 'GEM_ADD', 10))
    const { hold } = given(
      await arcade.holdCredits({ ownerId: owner, ...input, operation: 'GEM_PLAYED', nonce: 'h' }),
    )
    const kept = { ownerId: owner, ...gems, amount: 10, overdraft: 0, held: 6, available: 4, state: 'OPEN' }
    expect(await shop.balance(owner, gems)).toEqual(kept)
    expect(await byShop(owner, 'GEM_SPEND', 5)).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: kept },
    })
    expect(
      await shop.holdCredits({ ownerId: owner, ...input, operation: 'GEM_SPEND', nonce: 'h' }),
    ).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE' },
    })
    expect(await shop.hold(hold.id)).toBe(null)
    expect(await shop.holds(owner, gems)).toEqual([])
    expect(await shop.captureHold({ id: hold.id, nonce: 'c' })).toMatchObject({
      error: { code: 'HOLD_NOT_FOUND' },
    })
    expect(await shop.releaseHold(hold.id)).toMatchObject({ error: { code: 'HOLD_NOT_FOUND' } })
    expect(await arcade.holds(owner, gems)).toEqual([hold])
    given(await arcade.captureHold({ id: hold.id, amount: 2, nonce: 'c' }))
    expect(await shop.balance(owner, gems)).toEqual(balanceOf(owner, 8, 'gems'))
  })

  test('of the other app stop counting when they expire', async () => {
    const owner = newOwner()
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    given(await byShop(owner, 'GEM_ADD', 10))
    given(await arcade.holdCredits({ ownerId: owner, ...input, operation: 'GEM_PLAYED', nonce: 'h' }))
    const read = async () => [
      await shop.balance(owner, gems),
      (await shop.accounts({ ...gems, prefix: owner })).edges[0]?.node.balance,
    ]
    await stopClockAt(sql, '2026-11-22T10:00:59.999Z')
    for (const balance of await read()) expect(balance).toMatchObject({ held: 6, available: 4 })
    expect(await byShop(owner, 'GEM_SPEND', 5)).toMatchObject({ ok: false })
    await stopClockAt(sql, '2026-11-22T10:01:00Z')
    for (const balance of await read()) expect(balance).toMatchObject({ held: 0, available: 10 })
    given(await byShop(owner, 'GEM_SPEND', 10))
    await runClock(sql)
  })
})

describe('the state of an account', () => {
  const reason = { nonce: 'state', metadata: { reason: 'chargeback 17' } }

  test('is set by the maker alone, and holds for both', async () => {
    const owner = newOwner()
    given(await byShop(owner, 'GEM_ADD', 10))
    const { hold } = given(
      await arcade.holdCredits({
        ...{ ownerId: owner, operation: 'GEM_PLAYED', amount: 3, nonce: 'h', expiresIn: 60 },
      }),
    )
    const before = await allRows(sql)
    expect(await arcade.postEntry({ ownerId: owner, operation: 'GEMS_FROZEN', ...reason })).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ message: expect.stringContaining('gems') }] },
    })
    expect(await allRows(sql)).toEqual(before)

    given(await shop.postEntry({ ownerId: owner, operation: 'GEMS_FROZEN', ...reason }))
    expect(await arcade.balance(owner, gems)).toMatchObject({ amount: 10, held: 3, state: 'FROZEN' })
    const frozen = { error: { code: 'ACCOUNT_FROZEN', balance: { book: 'gems', state: 'FROZEN' } } }
    for (const operation of ['GEM_PLAYED', 'GEM_WON'] as const) {
      expect(await byArcade(owner, operation, 1)).toMatchObject(frozen)
    }
    expect(await byShop(owner, 'GEM_ADD', 1)).toMatchObject(frozen)
    expect(await arcade.captureHold({ id: hold.id, nonce: 'c' })).toMatchObject(frozen)
    given(await arcade.releaseHold(hold.id))
    for (const post of [byShop, byArcade]) given(await post(owner, 'CREDIT_ADD', 1)) // in their own books
    expect((await arcade.accountEntries({ ownerId: owner, ...gems, first: 1 })).edges[0]?.node).toMatchObject(
      {
        ...{ app: 'shop', operationName: 'GEMS_FROZEN', amount: 0, seq: 2 },
      },
    )
    given(await shop.postEntry({ ownerId: owner, operation: 'GEMS_OPENED', ...reason, nonce: 'open' }))
    expect(given(await byArcade(owner, 'GEM_PLAYED', 10)).entry).toMatchObject({ seq: 4, balanceAfter: 0 })
  })
})

describe('entries of the other app', () => {
  test('are not found, reversed or refunded', async () => {
    const owner = newOwner()
    const { entry } = given(await byShop(owner, 'GEM_ADD', 10, 'n'))
    expect(await arcade.entry(entry.id)).toBe(null)
    expect(await arcade.transaction(entry.transactionId)).toBe(null)
    expect(await arcade.entryByNonce(owner, 'n', gems)).toBe(null)
    expect(await arcade.reverseTransaction({ id: entry.transactionId, nonce: 'r' })).toMatchObject({
      error: { code: 'TRANSACTION_NOT_FOUND' },
    })
    expect(await arcade.refundEntry({ id: entry.id, amount: 1, nonce: 'r' })).toMatchObject({
      error: { code: 'ENTRY_NOT_FOUND' },
    })
    given(await byArcade(owner, 'GEM_PLAYED', 4))
    expect(await shop.reverseTransaction({ id: entry.transactionId, nonce: 'r' })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: { amount: 6 } },
    })
    given(await shop.refundEntry({ id: entry.id, amount: 6, nonce: 'r' }))
  })

  test("are in no list and no summary of the app's", async () => {
    const owner = newOwner()
    given(await byShop(owner, 'GEM_ADD', 10))
    given(await byArcade(owner, 'GEM_WON', 1))
    given(await byShop(owner, 'GEM_ADD', 20))
    const page = await arcade.entries({ ownerId: owner, ...gems })
    expect(page.edges.map(({ node }) => [node.seq, node.balanceAfter])).toEqual([[2, 11]])
    const range = {
      from: new Date(Date.now() - 60_000),
      to: new Date(Date.now() + 60_000),
      per: 'MONTH',
    } as const
    const sum = async (ledger: typeof shop | typeof arcade, ownerId?: string) =>
      (await ledger.summary({ ...range, ...gems, ownerId })).reduce((total, { gross }) => total + gross, 0)
    expect(await sum(arcade, owner)).toBe(1)
    expect(await sum(shop, owner)).toBe(30)
    expect(await sum(arcade)).toBeLessThan(await sum(shop))
  })

  test('count for the balance at a past moment', async () => {
    const owner = newOwner()
    const moments: [Date, number][] = []
    let amount = 0
    for (let n = 0; n < 24; n++) {
      const at = new Date(Date.UTC(2026, 10, 20, 0, n))
      await stopClockAt(sql, at.toISOString())
      const by = [1, 3, 2][n % 3]!
      given(await (n % 5 < 3 ? byArcade(owner, 'GEM_WON', by) : byShop(owner, 'GEM_ADD', by)))
      amount += by
      moments.push([at, amount], [new Date(at.getTime() + 59_999), amount])
    }
    await runClock(sql)
    for (const ledger of [shop, arcade]) {
      const seen = await Promise.all(
        moments.map(async ([at]) => (await ledger.balanceAt(owner, at, gems)).amount),
      )
      expect(seen).toEqual(moments.map(([, then]) => then))
      expect((await ledger.balanceAt(owner, new Date(Date.UTC(2026, 10, 19)), gems)).amount).toBe(0)
    }
    // A range of time begins and ends among entries of both.
    const range = { from: moments[8]![0], to: moments[20]![0] }
    for (const ledger of [shop, arcade]) {
      const { edges } = await ledger.entries({
        ownerId: owner,
        ...gems,
        ...range,
        order: 'OLDEST_FIRST',
        first: 100,
      })
      const all = await ledger.entries({ ownerId: owner, ...gems, order: 'OLDEST_FIRST', first: 100 })
      const within = all.edges.filter(({ node }) => node.createdOn >= range.from && node.createdOn < range.to)
      expect(edges).toEqual(within)
      expect(within.length).toBeGreaterThan(1)
    }
  })
})

describe('accountEntries', () => {
  const readAll = async (ledger: typeof shop | typeof arcade, ownerId: string, first: number) => {
    const nodes: AccountEntry[] = []
    for (let after: string | null | undefined; ; ) {
      const { edges, pageInfo } = await ledger.accountEntries({ ownerId, ...gems, first, after })
      nodes.push(...edges.map(({ node }) => node))
      if (!pageInfo.hasNextPage) return nodes
      after = pageInfo.endCursor
    }
  }

  test("has the app's own entries whole, and of the others what every app of the book may know", async () => {
    const owner = newOwner()
    const { entry: first } = given(await byShop(owner, 'GEM_ADD', 10, 'secret of the shop'))
    const { entry: second } = given(await byArcade(owner, 'GEM_PLAYED', 3, 'secret of the arcade'))
    const page = await arcade.accountEntries({ ownerId: owner, ...gems })
    expect(page.edges.map(({ node }) => node)).toEqual([
      second,
      {
        ...{ app: 'shop', ownerId: owner, book: 'gems', seq: 1, operationName: 'GEM_ADD', amount: 10 },
        ...{ balanceAfter: 10, createdOn: first.createdOn },
      },
    ])
    expect((await shop.accountEntries({ ownerId: owner, ...gems })).edges.map(({ node }) => node)).toEqual([
      {
        ...{ app: 'arcade', ownerId: owner, book: 'gems', seq: 2, operationName: 'GEM_PLAYED', amount: -3 },
        ...{ balanceAfter: 7, createdOn: second.createdOn },
      },
      first,
    ])
    expect((await shop.accountEntries({ ownerId: owner })).edges).toEqual([])
  })

  test('pages forwards and backwards through entries of both, and ends where the account does', async () => {
    const owner = newOwner()
    for (let n = 0; n < 37; n++)
      given(await (n % 3 === 1 ? byShop(owner, 'GEM_ADD', 1) : byArcade(owner, 'GEM_WON', 1)))
    const newestFirst = Array.from({ length: 37 }, (_, n) => 37 - n)
    for (const first of [1, 5, 36, 37, 100])
      expect(seqsOf(await readAll(shop, owner, first))).toEqual(newestFirst)

    const last = await arcade.accountEntries({ ownerId: owner, ...gems, last: 3 })
    expect(seqsOf(last.edges.map(({ node }) => node))).toEqual([3, 2, 1])
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const before = await arcade.accountEntries({
      ownerId: owner,
      ...gems,
      last: 2,
      before: last.pageInfo.startCursor,
    })
    expect(seqsOf(before.edges.map(({ node }) => node))).toEqual([5, 4])
    const between = await shop.accountEntries({
      ...{ ownerId: owner, ...gems },
      ...{ after: before.edges[0]!.cursor, before: last.edges[0]!.cursor, first: 10 },
    })
    expect(seqsOf(between.edges.map(({ node }) => node))).toEqual([4])
    // Its cursors are those of the app's own entries.
    const own = await shop.entries({ ownerId: owner, ...gems, after: before.edges[0]!.cursor })
    expect(seqsOf(own.edges.map(({ node }) => node))).toEqual([2])
    expect((await shop.accountEntries({ ownerId: owner, ...gems })).edges).toHaveLength(20)
  })

  test.each([
    [{ ownerId: '' }, 'ownerId'],
    [{ ownerId: 'ada', first: 0 }, 'first'],
    [{ ownerId: 'ada', first: 101 }, 'first'],
    [{ ownerId: 'ada', after: 'nonsense' }, 'after'],
    [{ ownerId: 'ada', first: 1, last: 1 }, 'last'],
  ])('refuses %j', async (input, field) => {
    await expect(shop.accountEntries(input)).rejects.toMatchObject({ errors: [{ field }] })
  })
})

test('a read of a long account looks at few entries, wherever it begins', async () => {
  const owner = newOwner()
  await stopClockAt(sql, '2026-11-25T00:00:00Z')
  await postAtOnce(sql, 'shop', owner, 1500)
  await stopClockAt(sql, '2026-11-26T00:00:00Z')
  for (const app of ['arcade', 'shop', 'arcade'] as const) await postAtOnce(sql, app, owner, 1500)
  await runClock(sql)
  const blocks = async (call: string) => {
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT ${call}`
    await sql.query(explain) // reads the catalogue
    return (await sql.query(explain)).rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks']
  }
  for (const [above, below, descending] of [
    [0, 2 ** 53, true],
    [0, 3000, true],
    [2999, 2 ** 53, false],
    [0, 2 ** 53, false],
  ]) {
    const page = `ledger.account_entries('shop', 'gems', '${owner}', ${above}, ${below}, ${descending}, 21)`
    expect(await blocks(page)).toBeLessThan(300)
  }
  const at = `ledger.amounts_at('arcade', ARRAY['${owner}'], ARRAY['2026-11-25T12:00Z'::timestamptz], 'gems')`
  expect(await blocks(at)).toBeLessThan(600)
  expect((await arcade.balanceAt(owner, new Date('2026-11-25T12:00Z'), gems)).amount).toBe(1500)
})

test("in the apps' own transactions, what one has not committed the other waits for", async () => {
  const owner = newOwner()
  given(await byShop(owner, 'GEM_ADD', 1))
  let waiting: Promise<unknown> | undefined
  await prisma.$transaction(async (tx) => {
    await arcade.postEntry({ ownerId: owner, operation: 'GEM_PLAYED', nonce: 'n' }, { tx })
    expect(await shop.balance(owner, gems)).toMatchObject({ amount: 1 })
    waiting = byShop(owner, 'GEM_SPEND', 1)
    await new Promise((resolve) => setTimeout(resolve, 200))
  })
  expect(await waiting).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE', balance: { amount: 0 } } })
  expect(await brokenBooks(sql)).toEqual([])
})
