import type { BookOf, Ledger, OperationOf, Operations, PostOperationOf } from '@shared-ledger/ledger'
import { startServer } from '@shared-ledger/server'
import { pino } from 'pino'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildSchema } from '../../plugin-ledger/test/build-schema.ts'
import { type guestOperations, openLots, type shopOperations } from '../../plugin-ledger/test/open-lots.ts'
import { createLedgerClient, LedgerClientError } from '../src/index.ts'
import { loseAnswer, startProxy } from './proxy.ts'

type Operation = OperationOf<typeof shopOperations>
type GuestBook = Uppercase<BookOf<typeof guestOperations, 'guest'>>

const ledgers = await openLots()
afterEach(() => ledgers.moveClock('2026-11-10T00:00Z'))

async function serve<Ops extends Operations, App extends string>(app: App, ledger: Ledger<Ops, App>) {
  const server = await startServer({
    app,
    ledger: { ...ledger, close: async () => {} }, // openLots closes it, after the server
    schema: buildSchema(ledger),
    logger: pino({ level: 'silent' }),
    port: 0,
  })
  afterAll(() => server.close())
  return server.url
}

const urls = { shop: await serve('shop', ledgers.shop), guest: await serve('guest', ledgers.guest) }
const guest = createLedgerClient<
  OperationOf<typeof guestOperations>,
  PostOperationOf<typeof guestOperations>,
  GuestBook
>({ url: `${urls.guest}/graphql`, books: true })

let proxy: Awaited<ReturnType<typeof startProxy>>
let client: ReturnType<typeof createLedgerClient<Operation>>
let ada: string
let count = 0
beforeEach(async () => {
  proxy = await startProxy(urls.shop)
  client = createLedgerClient<Operation>({ url: `${proxy.url}/graphql`, retry: { baseDelayMs: 1 } })
  ada = `ada ${++count}`
})
afterEach(() => proxy.stop())

async function post(operation: Operation, amount: number, expiresOn?: Date | string) {
  const result = await client.postEntry({ ownerId: ada, operation, amount, expiresOn })
  if (!result.ok) throw new Error(result.message)
  return result.entry
}

const reason = { reason: 'a test' }
const created = '2026-11-10T00:00:00.000Z'

describe('a client of an app with lots', () => {
  it('reads the lots of an account', async () => {
    await post('CREDIT_ADD', 2)
    const promo = await post('PROMO', 3)
    const gift = await post('GIFT', 4, new Date('2026-12-20T00:00Z'))
    const own = { app: 'shop', ownerId: ada, held: 0, createdOn: created, id: expect.any(String) }
    const opening = {
      ...own,
      ...{ amount: 2, rest: 2, priority: 50, kind: 'PAID', expiresOn: null, entry: null },
    }
    const ofPromo = {
      ...{ ...own, amount: 3, rest: 3, priority: 50, kind: 'PROMOTIONAL' },
      ...{ expiresOn: '2026-12-10T00:00:00.000Z', entry: { id: promo.id } },
    }
    const ofGift = {
      ...{ ...own, amount: 4, rest: 4, priority: 10, kind: 'PAID' },
      ...{ expiresOn: '2026-12-20T00:00:00.000Z', entry: { id: gift.id } },
    }
    expect(await client.liveLots(ada)).toEqual([ofGift, ofPromo, opening])
    const { lots, pageInfo } = await client.lots({ ownerId: ada, first: 2 })
    expect([lots, pageInfo.hasNextPage]).toEqual([[ofGift, ofPromo], true])
    const rest = await client.lots({ ownerId: ada, after: pageInfo.endCursor! })
    expect([rest.lots, rest.pageInfo.hasNextPage]).toEqual([[opening], false])
    expect((await client.lots({ ownerId: ada, last: 1 })).lots).toEqual([opening])
    await post('SPENT', 4)
    expect((await client.lots({ ownerId: ada, live: true })).lots).toEqual([ofPromo, opening])
    const [first] = lots
    expect(await client.lot(first?.id ?? '')).toEqual({ ...ofGift, rest: 0 })
    expect(await client.lot('999999')).toBeNull()
  })

  it('says by which entries a lot was used, and from which lots an entry took', async () => {
    await post('BOUGHT', 2)
    await post('PROMO', 3)
    const spent = await post('SPENT', 4)
    const [promo, bought] = (await client.lots({ ownerId: ada })).lots
    expect(await client.entryLots(spent.id)).toEqual([
      { amount: -3, lotId: promo?.id, lot: promo },
      { amount: -1, lotId: bought?.id, lot: bought },
    ])
    expect(await client.lotUses(bought?.id ?? '')).toMatchObject({
      uses: [{ amount: -1, entry: spent }],
      pageInfo: { hasNextPage: false },
    })
    expect(await client.lotUses('999999')).toBeNull()
    expect(await client.entryLots('999999')).toBeNull()
    const window = { from: '2026-11-01T00:00:00Z', to: new Date('2026-12-01T00:00Z'), per: 'MONTH' } as const
    expect(await client.lotSummary({ ownerId: ada, ...window })).toMatchObject([
      { kind: 'PROMOTIONAL', granted: 3, used: 3, outstanding: 0 },
      { kind: 'PAID', granted: 2, used: 1, expired: 0, voided: 0, outstanding: 1 },
    ])
  })

  it('says what expires next, before and after the moment', async () => {
    expect(await client.expiring(ada)).toBeNull()
    await post('BOUGHT', 2)
    await post('PROMO', 3)
    await ledgers.moveClock('2026-12-09T23:59:59.999Z')
    expect(await client.expiring(ada)).toEqual({ amount: 3, on: '2026-12-10T00:00:00.000Z' })
    await ledgers.moveClock('2026-12-10T00:00Z')
    expect(await client.expiring(ada)).toBeNull()
    expect((await client.liveLots(ada)).map((lot) => lot.rest)).toEqual([2])
    expect(await client.balance(ada)).toMatchObject({ amount: 2 })
  })

  it('names an expiry in every posting of entries', async () => {
    const expiresOn = new Date('2026-12-01T00:00Z')
    const gift = { ownerId: ada, operation: 'GIFT', amount: 1, expiresOn } as const
    await client.postTransaction({ entries: [gift, { ...gift, expiresOn: '2026-12-01T01:00:00+01:00' }] })
    const results = await client.postEntries([gift, { ...gift, expiresOn: undefined }])
    expect(results).toMatchObject([{ ok: true }, { ok: false, errors: [{ field: 'expiresOn' }] }])
    expect((await client.liveLots(ada)).map((lot) => lot.expiresOn)).toEqual(
      Array.from({ length: 3 }, () => expiresOn.toISOString()),
    )
    const invalid = { ...gift, expiresOn: new Date('never') }
    await expect(client.postEntry(invalid)).rejects.toThrow(RangeError)
    await expect(client.postEntries([invalid])).rejects.toThrow(RangeError)
    await expect(client.postTransaction({ entries: [invalid] })).rejects.toThrow(RangeError)
    await expect(client.postEntry({ ...gift, expiresOn: 'tomorrow' })).rejects.toThrow(LedgerClientError)
    expect(await client.postEntry({ ...gift, operation: 'CREDIT_ADD' })).toMatchObject({
      ok: false,
      errors: [{ field: 'expiresOn' }],
    })
  })

  it('voids a lot once, also if the answer is lost', async () => {
    await post('PROMO', 3)
    const [lot] = await client.liveLots(ada)
    const id = lot?.id ?? ''
    expect(await client.voidLot({ id, metadata: reason, dryRun: true })).toMatchObject({
      ok: true,
      replayed: false,
      balance: { amount: 0 },
    })
    proxy.faults.push(loseAnswer)
    expect(await client.voidLot({ id, metadata: reason })).toMatchObject({
      ok: true,
      replayed: true,
      entry: { operation: 'CREDIT_VOIDED', amount: -3, metadata: reason },
      balance: { ownerId: ada, amount: 0 },
    })
    expect(await client.voidLot({ id, metadata: reason })).toMatchObject({
      ok: false,
      __typename: 'LotEndedError',
      code: 'LOT_ENDED',
    })
  })

  it('is told why a lot is not voided', async () => {
    await post('PROMO', 3)
    const [lot] = await client.liveLots(ada)
    const id = lot?.id ?? ''
    await client.holdCredits({ ownerId: ada, operation: 'SPENT', amount: 1, expiresIn: 600 })
    expect(await client.voidLot({ id, metadata: reason })).toMatchObject({ ok: false, code: 'LOT_HELD' })
    expect(await client.voidLot({ id: '999999', metadata: reason })).toMatchObject({
      ok: false,
      __typename: 'NotFoundError',
      code: 'LOT_NOT_FOUND',
    })
    expect(await client.voidLot({ id, metadata: { reason: '' } })).toMatchObject({
      ok: false,
      errors: [{ field: 'metadata.reason' }],
    })
  })

  it('reads lots in a book', async () => {
    const given = await guest.postEntry({ ownerId: ada, operation: 'WELCOME', amount: 3 })
    if (!given.ok) throw new Error(given.message)
    await post('BOUGHT', 2)
    const book = 'SHOP'
    expect((await guest.lots({ ownerId: ada, book })).lots).toMatchObject([
      { app: 'shop', book, entry: null },
      { app: 'guest', book, entry: { id: given.entry.id } },
    ])
    expect((await guest.lots({ ownerId: ada })).lots).toEqual([])
    expect(await guest.liveLots(ada, { book })).toMatchObject([{ rest: 3 }, { rest: 2 }])
    expect(await guest.expiring(ada, { book })).toMatchObject({ amount: 3 })
    expect(await guest.expiring(ada)).toBeNull()
    const [own] = await guest.liveLots(ada, { book })
    expect(await guest.lot(own?.id ?? '')).toEqual(own)
    expect(await client.lot(own?.id ?? '')).toBeNull()
    const window = { from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z', per: 'MONTH' } as const
    expect(await guest.lotSummary({ ownerId: ada, book, ...window })).toMatchObject([{ granted: 3 }])
    expect(await guest.lotSummary({ ownerId: ada, ...window })).toEqual([])
  })
})
