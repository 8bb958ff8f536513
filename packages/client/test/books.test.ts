import type { BookOf, ExchangeOperationOf, Ledger, OperationOf, Operations } from '@shared-ledger/ledger'
import { startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildSchema } from '../../plugin-ledger/test/build-schema.ts'
import { type bankOperations, openBooks } from '../../rest/test/books-apps.ts'
import { createLedgerClient } from '../src/index.ts'
import { loseAnswer, startProxy } from './proxy.ts'

type Operation = OperationOf<typeof bankOperations>
type Exchange = ExchangeOperationOf<typeof bankOperations>
type Book = Uppercase<BookOf<typeof bankOperations, 'bank'>>

const ledgers = await openBooks()

async function serve<Ops extends Operations, App extends string>(app: App, ledger: Ledger<Ops, App>) {
  const server = await startServer({
    app,
    ledger: { ...ledger, close: async () => {} }, // openBooks closes it, after the server
    schema: buildSchema(ledger),
    logger: pino({ level: 'silent' }),
    port: 0,
  })
  afterAll(() => server.close())
  return server.url
}

const urls = { bank: await serve('bank', ledgers.bank), arcade: await serve('arcade', ledgers.arcade) }
const arcade = createLedgerClient<OperationOf<typeof ledgers.arcade.operations>, 'PLAY', 'ARCADE' | 'GEMS'>({
  url: `${urls.arcade}/graphql`,
  books: true,
})

let proxy: Awaited<ReturnType<typeof startProxy>>
let client: ReturnType<typeof createLedgerClient<Operation, Operation, Book, Exchange>>
let ada: string
let count = 0
beforeEach(async () => {
  proxy = await startProxy(urls.bank)
  client = createLedgerClient<Operation, Operation, Book, Exchange>({
    url: `${proxy.url}/graphql`,
    books: true,
    retry: { baseDelayMs: 1 },
  })
  ada = `ada ${++count}`
})
afterEach(() => proxy.stop())

const post = async (operation: Operation, amount: number) => {
  const metadata = { reason: 'a test' }
  const result = await client.postEntry({ ownerId: ada, operation, amount, metadata })
  if (!result.ok) throw new Error(result.message)
  return result
}

describe('a client of an app with several books', () => {
  it('reads each account of an owner', async () => {
    const credit = await post('CREDIT_ADD', 7)
    const gem = await post('GEM_GRANT', 5)
    expect([credit.entry.book, credit.balance]).toEqual(['BANK', { ownerId: ada, book: 'BANK', amount: 7 }])
    expect([gem.entry.book, gem.balance]).toEqual(['GEMS', { ownerId: ada, book: 'GEMS', amount: 5 }])
    const inGems = { book: 'GEMS' } as const

    expect(await client.balance(ada)).toEqual(credit.balance)
    expect(await client.balance(ada, { book: 'BANK' })).toEqual(credit.balance)
    expect(await client.balance(ada, inGems)).toEqual(gem.balance)
    const past = { asOf: new Date(Date.parse(gem.entry.createdOn) - 1) }
    expect(await client.balance(ada, { ...past, ...inGems })).toEqual({ ...gem.balance, amount: 0 })
    expect(await client.available(ada, inGems)).toEqual({
      ...gem.balance,
      overdraft: 0,
      held: 0,
      available: 5,
      state: 'OPEN',
    })
    expect((await client.entries({ ownerId: ada })).entries).toEqual([credit.entry])
    expect((await client.entries({ ownerId: ada, ...inGems })).entries).toEqual([gem.entry])
    const all: unknown[] = []
    for await (const entry of client.allEntries({ ownerId: ada, ...inGems })) all.push(entry)
    expect(all).toEqual([gem.entry])
    expect(await client.entry(gem.entry.id)).toEqual(gem.entry)
    expect(await client.entryByNonce(ada, gem.entry.nonce, inGems)).toEqual(gem.entry)
    expect(await client.entryByNonce(ada, gem.entry.nonce)).toBeNull()
    const times = { from: new Date(0), to: new Date('2100-01-01'), per: 'MONTH' } as const
    await expect(client.summary({ ownerId: ada, ...times })).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
    })
    const month = { ...times, from: past.asOf, to: new Date(past.asOf.getTime() + 86_400_000) }
    expect(await client.summary({ ownerId: ada, ...month, ...inGems })).toMatchObject([
      { operation: 'GEM_GRANT', count: 1, gross: 5 },
    ])
    expect((await client.accounts({ prefix: ada, ...inGems })).accounts).toMatchObject([
      { ownerId: ada, balance: gem.balance, entryCount: 1 },
    ])
    const owners: unknown[] = []
    for await (const { balance } of client.allAccounts({ prefix: ada })) owners.push(balance)
    expect(owners).toEqual([credit.balance])
    const books = (await client.operations()).map(({ name, book }) => [name, book])
    expect(Object.fromEntries(books)).toMatchObject({ CREDIT_ADD: 'BANK', GEM_GRANT: 'GEMS' })
  })

  it('refuses a book that the app does not have', async () => {
    const coins = { book: 'COINS' as Book }
    await expect(client.balance(ada, coins)).rejects.toMatchObject({ retryable: false })
    await expect(client.entries({ ownerId: ada, ...coins })).rejects.toMatchObject({ retryable: false })
  })

  it('holds and releases in the book of the operation', async () => {
    await post('GEM_GRANT', 5)
    const held = await client.holdCredits({ ownerId: ada, operation: 'GEM_SPEND', amount: 4, expiresIn: 600 })
    if (!held.ok) throw new Error(held.message)
    expect([held.hold.book, held.balance]).toMatchObject(['GEMS', { book: 'GEMS', available: 1 }])
    expect(await client.holds(ada, { book: 'GEMS' })).toEqual([held.hold])
    expect(await client.holds(ada)).toEqual([])
    expect(await client.hold(held.hold.id)).toEqual(held.hold)
    expect(await client.releaseHold(held.hold.id)).toMatchObject({
      ok: true,
      balance: { book: 'GEMS', available: 5 },
    })
  })

  it('sets an overdraft in a book, if its app has made the book', async () => {
    const set = await client.setOverdraft({ ownerId: ada, limit: 4, book: 'GEMS' })
    expect(set).toMatchObject({ ok: true, balance: { book: 'GEMS', overdraft: 4 } })
    expect(await client.available(ada)).toMatchObject({ book: 'BANK', overdraft: 0 })
    expect(await arcade.setOverdraft({ ownerId: ada, limit: 9, book: 'GEMS' })).toMatchObject({
      ok: false,
      __typename: 'ValidationError',
      errors: [{ field: 'book' }],
    })
    expect(await client.available(ada, { book: 'GEMS' })).toMatchObject({ overdraft: 4 })
  })

  it('exchanges credits of one book for those of another, once', async () => {
    await post('GEM_GRANT', 5)
    const sale = { ownerId: ada, operation: 'GEM_SALE', amount: 2 } as const
    expect(await client.exchange({ ...sale, dryRun: true })).toMatchObject({
      replayed: false,
      balances: [{ amount: 3 }, { amount: 20 }],
    })
    proxy.faults.push(loseAnswer)
    const sold = await client.exchange({ ...sale, nonce: 'sale', metadata: { shop: 'gems' } })
    expect(sold).toMatchObject({
      ok: true,
      replayed: true,
      transaction: {
        metadata: { shop: 'gems' },
        entries: [
          { book: 'GEMS', operation: 'GEM_SALE', amount: -2 },
          { book: 'BANK', operation: 'SALE_CREDIT', amount: 20 },
        ],
      },
      balances: [
        { ownerId: ada, book: 'GEMS', amount: 3 },
        { ownerId: ada, book: 'BANK', amount: 20 },
      ],
    })
    expect(await client.exchange({ ...sale, nonce: 'sale', metadata: { shop: 'gems' } })).toMatchObject({
      ok: false,
      __typename: 'DuplicateNonceError',
      identical: true,
    })
    expect(await client.exchange({ ...sale, amount: 4 })).toMatchObject({
      ok: false,
      __typename: 'InsufficientBalanceError',
      balance: { book: 'GEMS', amount: 3 },
    })
    expect(await client.postEntry({ ...sale, operation: 'SALE_CREDIT' })).toMatchObject({
      ok: false,
      errors: [{ field: 'operation', message: 'SALE_CREDIT is posted only by an exchange' }],
    })
    expect(await client.balance(ada)).toMatchObject({ amount: 20 })
  })

  it('replayed, reads the balances of the accounts in their books', async () => {
    await post('CREDIT_ADD', 50)
    proxy.faults.push(loseAnswer)
    const entries = [{ ownerId: ada, operation: 'GEM_GRANT', amount: 9 }] as const
    expect(await client.postTransaction({ entries })).toMatchObject({
      replayed: true,
      balances: [{ ownerId: ada, book: 'GEMS', amount: 9 }],
    })
    const sold = await client.exchange({ ownerId: ada, operation: 'GEM_SALE', amount: 2 })
    if (!sold.ok) throw new Error(sold.message)
    proxy.faults.push(loseAnswer)
    expect(await client.reverseTransaction({ id: sold.transaction.id })).toMatchObject({
      replayed: true,
      transaction: { entries: [{ book: 'BANK' }, { book: 'GEMS' }] },
      balances: [
        { ownerId: ada, book: 'BANK', amount: 50 },
        { ownerId: ada, book: 'GEMS', amount: 9 },
      ],
    })
  })

  it('tells the state of an account', async () => {
    await post('GEM_GRANT', 5)
    expect((await post('SPENDING_FROZEN', 0)).entry.book).toBe('BANK')
    expect(await client.available(ada)).toMatchObject({ book: 'BANK', state: 'SPENDING_FROZEN' })
    expect(await client.available(ada, { book: 'GEMS' })).toMatchObject({ state: 'OPEN' })
    expect(await client.postEntry({ ownerId: ada, operation: 'CREDIT_SPEND' })).toMatchObject({
      ok: false,
      __typename: 'AccountStateError',
      code: 'ACCOUNT_FROZEN',
      entryIndex: 0,
      balance: { ownerId: ada, book: 'BANK', state: 'SPENDING_FROZEN' },
    })
    await post('GEM_SPEND', 1)
    await post('CREDIT_ADD', 1)
  })

  it('follows the entries of a book', async () => {
    await post('GEM_GRANT', 5)
    const done = new AbortController()
    const list = client.entriesPosted(ada, { book: 'GEMS', after: '', signal: done.signal })
    expect((await list.next()).value).toMatchObject({ entry: { operation: 'GEM_GRANT', book: 'GEMS' } })
    await post('CREDIT_ADD', 1)
    const spent = await post('GEM_SPEND', 2)
    const { value } = await list.next()
    expect(value?.entry).toEqual(spent.entry)
    // Without a cursor it begins after the last entry of the book, not of the app.
    const later = client.entriesPosted(ada, { book: 'GEMS', signal: done.signal })
    const next = later.next()
    await expect
      .poll(async () => (await client.entries({ ownerId: ada, book: 'GEMS' })).entries.length)
      .toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const granted = await post('GEM_GRANT', 1)
    expect((await next).value?.entry).toEqual(granted.entry)
    done.abort()
  })

  it('reads all entries of an account, those of other apps too', async () => {
    const { entry: granted } = await post('GEM_GRANT', 9)
    const played = await arcade.postEntry({ ownerId: ada, operation: 'PLAY', amount: 4 })
    if (!played.ok) throw new Error(played.message)
    const { entry: spent } = await post('GEM_SPEND', 2)
    const account = { ownerId: ada, book: 'GEMS' } as const
    const own = (entry: object) => ({ __typename: 'LedgerEntry', ...entry })
    const { createdOn } = played.entry
    const ofArcade = {
      __typename: 'LedgerOtherAppsEntry',
      app: 'arcade',
      ...account,
      operationName: 'PLAY',
      amount: -4,
      balanceAfter: 5,
      seq: 2,
      createdOn,
    }
    const { entries, pageInfo } = await client.accountEntries({ ...account, first: 2 })
    expect(entries).toEqual([own(spent), ofArcade])
    expect(pageInfo).toMatchObject({ hasNextPage: true })
    const rest = await client.accountEntries({ ...account, first: 2, after: pageInfo.endCursor! })
    expect(rest).toMatchObject({ entries: [own(granted)], pageInfo: { hasNextPage: false } })
    expect((await client.accountEntries({ ...account, last: 1 })).entries).toEqual([own(granted)])
    expect((await arcade.accountEntries(account)).entries).toMatchObject([
      { __typename: 'LedgerOtherAppsEntry', app: 'bank', operationName: 'GEM_SPEND' },
      own(played.entry),
      { __typename: 'LedgerOtherAppsEntry', app: 'bank', operationName: 'GEM_GRANT' },
    ])
    expect((await client.accountEntries({ ownerId: ada })).entries).toEqual([])
  })
})
