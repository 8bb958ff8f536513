import { createLedger, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { createRest } from '@shared-ledger/rest'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { buildSchema } from '../../plugin-ledger/test/build-schema.ts'
import { openLots } from '../../plugin-ledger/test/open-lots.ts'
import { appOf } from './ledger-app.ts'

const { sql, pool, shop: shopLedger, guest: guestLedger, moveClock } = await openLots()
await sql.query('SELECT ledger.set_operations($1, $2)', ['plain', Object.keys(sharedOperations)])
const plainLedger = createLedger({ app: 'plain', operations: defineOperations(sharedOperations), pool })
afterAll(() => plainLedger.close())
afterEach(() => moveClock('2026-11-10T00:00Z'))

const shop = appOf('shop', shopLedger)
const guest = appOf('guest', guestLedger)
const plain = appOf('plain', plainLedger)

let count = 0
const newOwner = () => `owner-${++count}`
const reason = { reason: 'a test' }

/** Returns an owner's lots, newest first. */
const lotsOf = async (owner: string, query = '') =>
  (await shop.get(`/ledger/${owner}/lots${query}`)).json.lots

describe('lots', () => {
  test('are listed in pages, with what is left of each', async () => {
    const ann = newOwner()
    await shop.enter(ann, 'CREDIT_ADD', 2)
    const promo = await shop.enter(ann, 'PROMO', 3)
    await shop.enter(ann, 'GIFT', 4, undefined).catch(() => undefined)
    const gift = await shop.post('/ledger', {
      owner_id: ann,
      operation: 'GIFT',
      amount: 4,
      expires_on: '2026-12-20T01:00:00+01:00',
      nonce: 'gift',
    })
    expect(gift.status).toBe(200)
    const hold = { owner_id: ann, operation: 'SPENT', amount: 1, expires_in: 60, nonce: 'h' }
    expect((await shop.post('/ledger/holds', hold)).status).toBe(201)
    await shop.enter(ann, 'SPENT', 5)
    const own = { app: 'shop', owner_id: ann, created_on: '2026-11-10T00:00:00.000Z' }
    const paid = { ...own, kind: 'paid' }
    const [newest, ...older] = [
      {
        ...paid,
        ...{ id: expect.any(Number), entry_id: gift.json.entry.id, amount: 4, rest: 1, held: 1 },
        ...{ priority: 10, expires_on: '2026-12-20T00:00:00.000Z' },
      },
      {
        ...{
          ...own,
          kind: 'promotional',
          id: expect.any(Number),
          entry_id: promo.id,
          amount: 3,
          rest: 1,
          held: 0,
        },
        ...{ priority: 50, expires_on: '2026-12-10T00:00:00.000Z' },
      },
      {
        ...{ ...paid, id: expect.any(Number), entry_id: null, amount: 2, rest: 2, held: 0 },
        ...{ priority: 50, expires_on: null },
      },
    ]
    const first = await shop.get(`/ledger/${ann}/lots?first=1`)
    expect([first.status, first.json]).toEqual([200, { lots: [newest], next: expect.any(String) }])
    const next = await shop.get(`/ledger/${ann}/lots?after=${encodeURIComponent(first.json.next)}`)
    expect(next.json).toEqual({ lots: older, next: null })
    const [{ id }] = first.json.lots
    expect((await shop.get(`/ledger/lots/${id}`)).json).toEqual({ lot: first.json.lots[0] })
    await shop.enter(ann, 'SPENT', 1)
    expect((await lotsOf(ann, '?live=true')).map(({ amount }: { amount: number }) => amount)).toEqual([4, 2])
    expect(await lotsOf(ann, '?live=false')).toHaveLength(3)
  })

  test('say by which entries they were used, and an entry from which lots it took', async () => {
    const ann = newOwner()
    const bought = await shop.enter(ann, 'BOUGHT', 2)
    await shop.enter(ann, 'PROMO', 3)
    const spent = await shop.enter(ann, 'SPENT', 4)
    const refund = await shop.post(`/ledger/entries/${spent.id}/refund`, { amount: 1, nonce: 'r' })
    const [promo, opening] = await lotsOf(ann)
    expect((await shop.get(`/ledger/entries/${spent.id}/lots`)).json).toEqual({
      lots: [
        { lot_id: promo.id, amount: -3 },
        { lot_id: opening.id, amount: -1 },
      ],
    })
    expect((await shop.get(`/ledger/entries/${bought.id}/lots`)).json).toEqual({ lots: [] })
    const uses = `/ledger/lots/${opening.id}/uses`
    const first = (await shop.get(`${uses}?first=1`)).json
    expect(first).toEqual({
      uses: [
        { amount: -1, entry: expect.objectContaining({ id: spent.id, operation: 'SPENT', amount: -4 }) },
      ],
      next: expect.any(String),
    })
    expect((await shop.get(`${uses}?after=${encodeURIComponent(first.next)}`)).json).toEqual({
      uses: [{ amount: 1, entry: refund.json.entry }],
      next: null,
    })
    expect((await shop.get('/ledger/lots/999999/uses')).json.code).toBe('LOT_NOT_FOUND')
    expect((await shop.get('/ledger/entries/999999/lots')).json.code).toBe('ENTRY_NOT_FOUND')
    expect((await shop.get(`${uses}?first=0`)).json).toMatchObject({ errors: [{ field: 'first' }] })
  })

  test('are summed up by kind and window, of an owner and of the app', async () => {
    const ann = newOwner()
    await shop.enter(ann, 'BOUGHT', 2)
    await shop.enter(ann, 'PROMO', 3)
    await shop.enter(ann, 'SPENT', 4)
    const windows = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&per=month'
    const start = '2026-11-01T00:00:00.000Z'
    const none = { expired: 0, voided: 0 }
    const { status, json } = await shop.get(`/ledger/${ann}/lots/summary?${windows}`)
    expect([status, json.lines]).toEqual([
      200,
      [
        { kind: 'promotional', start, granted: 3, used: 3, outstanding: 0, ...none },
        { kind: 'paid', start, granted: 2, used: 1, outstanding: 1, ...none },
      ],
    ])
    const grantedByApp = async () => {
      const { lines } = (await shop.get(`/operations/lots/summary?${windows}`)).json
      return lines.find(({ kind }: { kind: string }) => kind === 'paid').granted
    }
    const before = await grantedByApp()
    for (const owner of [ann, newOwner()]) await shop.enter(owner, 'BOUGHT', 5)
    expect(await grantedByApp()).toBe(before + 10)
    const tooMany = windows.replace('per=month', 'per=hour').replace('2026-11', '2026-01')
    expect((await shop.get(`/operations/lots/summary?${tooMany}`)).json.status).toBe(422)
  })

  test('make a balance say what expires next, before and after the moment', async () => {
    const ann = newOwner()
    await shop.enter(ann, 'BOUGHT', 2)
    await shop.enter(ann, 'PROMO', 3)
    const balance = { owner_id: ann, overdraft: 0, held: 0, state: 'open' }
    const on = '2026-12-10T00:00:00.000Z'
    await moveClock('2026-12-09T23:59:59.999Z')
    const before = { ...balance, balance: 5, available: 5, expiring: { amount: 3, on } }
    for (const path of [`/ledger/${ann}`, `/balance/${ann}`])
      expect((await shop.get(path)).json).toEqual(before)
    await moveClock(on)
    expect((await shop.get(`/ledger/${ann}`)).json).toEqual({ ...balance, balance: 2, available: 2 })
    expect((await shop.get(`/ledger/${ann}?as_of=2026-11-10T00:00:00Z`)).json).toEqual({
      owner_id: ann,
      balance: 5,
    })
  })

  test('of a shared book name the app that made them', async () => {
    const ann = newOwner()
    await shop.enter(ann, 'BOUGHT', 2)
    await guest.enter(ann, 'WELCOME', 3)
    const { json } = await guest.get(`/ledger/${ann}/lots?book=shop`)
    expect(json.lots).toMatchObject([
      { app: 'guest', book: 'shop', rest: 3, entry_id: expect.any(Number) },
      { app: 'shop', book: 'shop', rest: 2, entry_id: null },
    ])
    expect((await guest.get(`/ledger/${ann}/lots`)).json.lots).toEqual([])
    expect((await guest.get(`/balance/${ann}?book=shop`)).json).toMatchObject({
      book: 'shop',
      expiring: { amount: 3 },
    })
    const [theirs] = json.lots
    expect((await shop.get(`/ledger/lots/${theirs.id}`)).json).toMatchObject({
      status: 404,
      code: 'LOT_NOT_FOUND',
    })
  })
})

describe('a void', () => {
  test('takes what is left of a lot, once, and a replay is answered like the original', async () => {
    const ann = newOwner()
    await shop.enter(ann, 'PROMO', 5)
    await shop.enter(ann, 'SPENT', 2)
    const [{ id }] = await lotsOf(ann)
    const path = `/ledger/lots/${id}/void`
    const dry = await shop.post(path, { nonce: 'v', metadata: reason, dry_run: true })
    expect([dry.status, dry.json.entry.id, dry.json.balance]).toEqual([200, 0, 0])
    const { status, json } = await shop.post(path, { nonce: 'v', metadata: reason })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      entry: { operation: 'CREDIT_VOIDED', amount: -3, metadata: reason },
      balance: 0,
    })
    const again = await shop.post(path, { nonce: 'v', metadata: reason })
    expect([again.status, again.json.code, again.json.entry]).toEqual([409, 'DUPLICATE_NONCE', json.entry])
    const replayed = await shop.post(path, { metadata: reason }, { 'idempotency-key': 'v' })
    expect([replayed.status, replayed.headers.get('idempotency-replayed'), replayed.json]).toEqual([
      200,
      'true',
      json,
    ])
    const late = await shop.post(path, { nonce: 'w', metadata: reason })
    expect([late.status, late.json.code, late.json.type]).toEqual([409, 'LOT_ENDED', '/problems/lot-ended'])
  })

  test('is refused while a hold keeps the lot, for an unknown lot, and without a reason', async () => {
    const ann = newOwner()
    await shop.enter(ann, 'PROMO', 5)
    const [{ id }] = await lotsOf(ann)
    const hold = { owner_id: ann, operation: 'SPENT', amount: 1, expires_in: 60, nonce: 'h' }
    await shop.post('/ledger/holds', hold)
    const held = await shop.post(`/ledger/lots/${id}/void`, { nonce: 'v', metadata: reason })
    expect([held.status, held.json.code]).toEqual([409, 'LOT_HELD'])
    const none = await shop.post(`/ledger/lots/${id}/void`, { nonce: 'v' })
    expect([none.status, none.json.errors]).toEqual([
      422,
      [{ field: 'metadata.reason', message: 'is required: why the lot is voided' }],
    ])
    for (const unknown of ['999999', '0', 'x', '9'.repeat(30)]) {
      const answer = await shop.post(`/ledger/lots/${unknown}/void`, { nonce: 'v', metadata: reason })
      expect([unknown, answer.status, answer.json.code]).toEqual([unknown, 404, 'LOT_NOT_FOUND'])
    }
  })
})

describe('an expiry', () => {
  test('is accepted by every posting of entries, and by no hold', async () => {
    const ann = newOwner()
    const gift = { owner_id: ann, operation: 'GIFT', amount: 1, expires_on: '2026-12-01T00:00:00Z' }
    expect((await shop.post('/ledger', { ...gift, nonce: '1' })).status).toBe(200)
    expect((await shop.post('/ledger/transactions', { entries: [gift], nonce: '2' })).status).toBe(200)
    const batch = await shop.post('/ledger/batch', {
      entries: [
        { ...gift, nonce: '3' },
        { ...gift, nonce: '4', expires_on: undefined },
        { ...gift, nonce: '5', operation: 'CREDIT_ADD' },
        { ...gift, nonce: '6', expires_on: 'tomorrow' },
      ],
    })
    expect(batch.json.results).toMatchObject([
      { status: 200 },
      { status: 422, errors: [{ field: 'expires_on', message: expect.stringContaining('is required') }] },
      {
        status: 422,
        errors: [{ field: 'expires_on', message: expect.stringContaining('CREDIT_ADD has none') }],
      },
      { status: 422, errors: [{ field: 'expires_on', message: expect.stringContaining('must be a date') }] },
    ])
    expect((await lotsOf(ann)).map(({ expires_on }: { expires_on: string }) => expires_on)).toEqual(
      Array.from({ length: 3 }, () => '2026-12-01T00:00:00.000Z'),
    )
    const hold = { ...gift, operation: 'SPENT', expires_in: 60, nonce: '7' }
    expect((await shop.post('/ledger/holds', hold)).json.errors).toEqual([
      { field: 'expires_on', message: 'is not a field of this request' },
    ])
  })

  test('that is none is refused by field', async () => {
    const ann = newOwner()
    const gift = { owner_id: ann, operation: 'GIFT', amount: 1, nonce: 'n' }
    for (const expires_on of [
      'tomorrow',
      '',
      '2026-11-10T00:00:00Z',
      '1969-01-01T00:00:00Z',
      5,
      true,
      {},
      null,
    ]) {
      const { status, json } = await shop.post('/ledger', { ...gift, expires_on })
      expect([expires_on, status, json.errors[0].field]).toEqual([expires_on, 422, 'expires_on'])
      const entries = [{ ...gift, nonce: undefined, expires_on }]
      const transaction = await shop.post('/ledger/transactions', { entries, nonce: 'n' })
      expect([transaction.status, transaction.json.errors[0].field]).toEqual([422, 'entries.0.expires_on'])
    }
    expect((await shop.get(`/balance/${ann}`)).json.balance).toBe(0)
  })
})

test.each([
  ['/ledger/ann/lots?first=0', 'first'],
  ['/ledger/ann/lots?first=101', 'first'],
  ['/ledger/ann/lots?first=x', 'first'],
  ['/ledger/ann/lots?after=x', 'after'],
  ['/ledger/ann/lots?live=yes', 'live'],
  ['/ledger/ann/lots?book=shop', 'book'],
  ['/ledger/ann/lots/summary?to=2026-12-01T00:00:00Z&per=day', 'from'],
  [`/ledger/${'x'.repeat(256)}/lots`, 'owner_id'],
])('bad input is refused by field: %s', async (path, field) => {
  const { status, json } = await shop.get(path)
  expect([status, json.errors[0].field]).toEqual([422, field])
})

test('an owner may be called lots', async () => {
  await shop.enter('lots', 'BOUGHT', 2)
  expect((await shop.get('/ledger/lots')).json).toMatchObject({ owner_id: 'lots', balance: 2 })
  expect((await shop.get('/ledger/lots/lots')).json.lots).toMatchObject([{ owner_id: 'lots', rest: 2 }])
  expect((await shop.get('/ledger/lots/entries')).json.entries).toHaveLength(1)
  const windows = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&per=month'
  expect((await shop.get(`/ledger/lots/lots/summary?${windows}`)).json.lines).toMatchObject([{ granted: 2 }])
  expect((await shop.get('/ledger/lots/999999')).json.code).toBe('LOT_NOT_FOUND')
})

describe('openapi.json', () => {
  test('describes lots', async () => {
    const { json } = await shop.get('/openapi.json')
    expect(json.tags.map(({ name }: { name: string }) => name)).toContain('lots')
    expect(json.paths['/ledger/{owner_id}/lots'].get).toMatchObject({
      operationId: 'listLots',
      tags: ['lots'],
    })
    const { post } = json.paths['/ledger/lots/{lot_id}/void']
    const text = JSON.stringify(post.responses)
    for (const code of ['LOT_NOT_FOUND', 'LOT_ENDED', 'LOT_HELD', 'DUPLICATE_NONCE'])
      expect(text).toContain(code)
    const posting = json.paths['/ledger'].post.requestBody.content['application/json']
    expect(JSON.stringify(posting.schema.properties.expires_on)).toContain('#/components/schemas/LotExpiry')
    expect(posting.example).not.toHaveProperty('expires_on')
    expect(json.components.schemas.LotExpiry).toMatchObject({ type: 'string', format: 'date-time' })
    expect(json.components.schemas.ExpiringBalance.properties).toHaveProperty('expiring')
    expect(json.components.schemas.LedgerPostOperation.enum).not.toContain('CREDIT_VOIDED')
  })

  test('of an app without lots does not speak of them, and its routes do not know them', async () => {
    const { json } = await plain.get('/openapi.json')
    expect(JSON.stringify(json).match(/\blots?\b|Lot[A-Z]|expiring|LOT_/gi)).toBeNull()
    expect(
      json.paths['/ledger'].post.requestBody.content['application/json'].schema.properties,
    ).not.toHaveProperty('expires_on')
    const { routes } = createRest({ app: 'plain', schema: buildSchema(plainLedger), execute: () => ({}) })
    expect(routes.filter(({ path }) => path.includes('lots'))).toEqual([])
    expect((await plain.get('/ledger/ann/lots')).status).toBe(404)
    expect((await plain.post('/ledger/lots/1/void', { nonce: 'n' })).status).toBe(404)
    const unknown = { field: 'expires_on', message: 'is not a field of this request' }
    const entry = { owner_id: 'ann', operation: 'CREDIT_ADD', amount: 1 }
    for (const expires_on of ['2027-01-01T00:00:00Z', null]) {
      const given = { ...entry, expires_on }
      expect((await plain.post('/ledger', { ...given, nonce: 'n' })).json.errors).toEqual([unknown])
      const transaction = await plain.post('/ledger/transactions', { entries: [given], nonce: 'n' })
      expect(transaction.json.errors).toEqual([{ ...unknown, field: 'entries.0.expires_on' }])
      const batch = await plain.post('/ledger/batch', { entries: [{ ...given, nonce: 'n' }] })
      expect(batch.json.results).toMatchObject([{ status: 422, errors: [unknown] }])
    }
    expect((await plain.get('/balance/ann')).json).toEqual({
      ...{ owner_id: 'ann', balance: 0, overdraft: 0, held: 0, available: 0, state: 'open' },
    })
  })
})
