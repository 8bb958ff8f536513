import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { send, post, give, written, faults } = await openApp()

const megabyte = 'x'.repeat(1_000_000)

/** Values that no field of a kind accepts. */
const bad = {
  text: [
    undefined,
    null,
    5,
    true,
    ['x'],
    { a: 'x' },
    '',
    'a\0b',
    '\ud800',
    '\udfff',
    'x'.repeat(256),
    megabyte,
  ],
  credits: ['ten', '', true, [1], {}, 0, 1.5, 1e30, -1e30, 2 ** 53, megabyte],
  seconds: [undefined, null, 'ten', true, [1], {}, 0, -1, 1.5, 1e30, 2 ** 53, 3e9, 31_536_001],
  limit: [undefined, null, 'ten', true, [1], {}, -1, 1.5, 1e30, 2 ** 53, megabyte],
  flag: ['yes', 1, 0, {}, [], megabyte],
  operation: [undefined, null, 5, [], '', 'NOPE', 'credit_add', 'constructor', '\0', '\ud800', megabyte],
  metadata: [
    'x',
    5,
    true,
    [],
    { a: 1 },
    { a: null },
    { a: { b: 'c' } },
    { a: '\0' },
    { '\ud800': 'x' },
    { a: megabyte },
    { [megabyte]: 'x' },
    Object.fromEntries(Array.from({ length: 21 }, (_, index) => [index, 'x'])),
  ],
  entries: [undefined, null, 'x', 5, {}, [], Array.from({ length: 101 }, () => ({})), Array(500_000).fill(1)],
  batch: [undefined, null, 'x', 5, {}, [], Array.from({ length: 1001 }, () => ({})), Array(500_000).fill(1)],
} as const

type Kind = keyof typeof bad

const posting = { nonce: 'text', metadata: 'metadata', dry_run: 'flag' } as const
const owned = { owner_id: 'text', operation: 'operation', amount: 'credits' } as const

const ids = { entry: 0, hold: 0, transaction: '' }
beforeAll(async () => {
  const { id, transaction_id } = await give('ann', 100)
  const hold = { owner_id: 'ann', operation: 'CREDIT_SPEND', amount: 5, nonce: 'held', expires_in: 600 }
  Object.assign(ids, { entry: id, transaction: transaction_id })
  ids.hold = (await post('/ledger/holds', hold)).json.hold.id
})

let before = ''
beforeEach(async () => {
  before = await written()
})
afterEach(async () => {
  expect(await written()).toBe(before)
  expect(faults).toEqual([])
})

const spend = { owner_id: 'ann', operation: 'CREDIT_SPEND', amount: 1 }

interface Target {
  method?: 'POST' | 'PUT'
  path: () => string
  body: object
  fields: Readonly<Record<string, Kind>>
}

const targets: Readonly<Record<string, Target>> = {
  'POST /ledger': {
    path: () => '/ledger',
    body: { ...spend, nonce: 'n' },
    fields: { ...owned, ...posting },
  },
  'POST /ledger/transactions': {
    path: () => '/ledger/transactions',
    body: { nonce: 'n', entries: [spend] },
    fields: { ...posting, entries: 'entries', balanced: 'flag' },
  },
  'POST /ledger/transfers': {
    path: () => '/ledger/transfers',
    body: { from: 'ann', to: 'bob', amount: 1, nonce: 'n' },
    fields: { from: 'text', to: 'text', amount: 'credits', ...posting },
  },
  'POST …/reverse': {
    path: () => `/ledger/transactions/${ids.transaction}/reverse`,
    body: { nonce: 'n' },
    fields: posting,
  },
  'POST …/refund': {
    path: () => `/ledger/entries/${ids.entry}/refund`,
    body: { amount: 1, nonce: 'n' },
    fields: { amount: 'credits', ...posting },
  },
  'POST /ledger/holds': {
    path: () => '/ledger/holds',
    body: { ...spend, nonce: 'n', expires_in: 60 },
    fields: { ...owned, ...posting, expires_in: 'seconds' },
  },
  'POST …/capture': {
    path: () => `/ledger/holds/${ids.hold}/capture`,
    body: { nonce: 'n' },
    fields: { amount: 'credits', ...posting },
  },
  'PUT …/overdraft': {
    method: 'PUT',
    path: () => '/ledger/ann/overdraft',
    body: { limit: 1 },
    fields: { limit: 'limit' },
  },
  'POST /ledger/batch': {
    path: () => '/ledger/batch',
    body: { entries: [{ ...spend, nonce: 'n' }] },
    fields: { entries: 'batch', dry_run: 'flag' },
  },
}

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 40) ?? 'nothing'

describe.each(Object.entries(targets))('%s refuses', (_, { method = 'POST', path, body, fields }) => {
  const cases = Object.entries(fields).flatMap(([field, kind]) =>
    bad[kind].map((value): [field: string, what: string, value: unknown] => [field, shown(value), value]),
  )
  test.each(cases)('%s: %s', async (field, _what, value) => {
    const { status, headers, json } = await send(method, path(), { ...body, [field]: value })
    expect([status, json.code]).toEqual([422, 'VALIDATION_ERROR'])
    expect(headers.get('content-type')).toBe('application/problem+json')
    for (const error of json.errors) expect(error.field.split('.')[0]).toBe(field)
    expect(JSON.stringify(json).length).toBeLessThan(25_000)
  })

  test.each([
    ['an unknown field', { ...body, extra: 1 }, 'extra'],
    ['a prototype', `${JSON.stringify(body).slice(0, -1)},"__proto__":{"a":1}}`, '__proto__'],
    ['text', '"text"', 'body'],
    ['null', 'null', 'body'],
    ['a list', '[]', 'body'],
  ])('%s', async (_what, sent, field) => {
    const { status, json } = await send(method, path(), sent)
    expect([status, json.errors.at(-1).field]).toEqual([422, field])
  })

  test('a body that is not JSON, too large or of another type', async () => {
    expect((await send(method, path(), '{"a":')).json.code).toBe('MALFORMED_JSON')
    expect((await send(method, path(), 'x'.repeat(2 ** 21 + 1))).json.code).toBe('PAYLOAD_TOO_LARGE')
    const { status } = await send(method, path(), '{}', { 'content-type': 'text/plain' })
    expect(status).toBe(415)
  })
})

test('a query of a request that takes none is refused, and nothing is done', async () => {
  for (const { method = 'POST', path, body } of Object.values(targets)) {
    const { status, json } = await send(method, `${path()}?dry_run=true&nonce=x`, body)
    expect([path(), status, json.errors]).toEqual([
      path(),
      422,
      ['dry_run', 'nonce'].map((field) => ({ field, message: 'is not a field of this request' })),
    ])
  }
  const { status, json } = await send('POST', `/ledger/holds/${ids.hold}/release?dry_run=true`)
  expect([status, json.errors[0].field]).toEqual([422, 'dry_run'])
})

test('the first 20 of many faults are named', async () => {
  const extra = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`extra_${index}`, 1]))
  const { json } = await post('/ledger', { ...spend, nonce: 'n', ...extra })
  expect(json.errors).toHaveLength(20)
  const entries = Array.from({ length: 30 }, () => ({ ...spend, amount: 0 }))
  const transaction = await post('/ledger/transactions', { nonce: 'n', entries })
  expect(transaction.json.errors.map(({ field }: { field: string }) => field)).toEqual(
    entries.slice(0, 20).map((_, index) => `entries.${index}.amount`),
  )
})

describe('an entry of a transaction is refused', () => {
  const cases = Object.entries(owned).flatMap(([field, kind]) =>
    bad[kind].map((value): [field: string, what: string, value: unknown] => [field, shown(value), value]),
  )
  test.each(cases)('%s: %s', async (field, _what, value) => {
    const entries = [spend, { ...spend, [field]: value }]
    const { status, json } = await post('/ledger/transactions', { nonce: 'n', entries })
    expect([status, json.errors[0].field]).toEqual([422, `entries.1.${field}`])
  })

  test.each([[1], ['x'], [null], [[]]])('that is %j', async (entry) => {
    const { status, json } = await post('/ledger/transactions', { nonce: 'n', entries: [spend, entry] })
    expect([status, json.errors[0].field]).toEqual([422, 'entries.1'])
  })

  test('with its own nonce', async () => {
    const entries = [{ ...spend, nonce: 'own' }]
    const { status, json } = await post('/ledger/transactions', { nonce: 'n', entries })
    expect([status, json.errors]).toEqual([
      422,
      [{ field: 'entries.0.nonce', message: 'is not a field of this request' }],
    ])
  })
})

describe('an entry of a batch is refused on its own', () => {
  const fields = { ...owned, nonce: 'text', metadata: 'metadata' } as const
  const cases = Object.entries(fields).flatMap(([field, kind]) =>
    bad[kind].map((value): [field: string, what: string, value: unknown] => [field, shown(value), value]),
  )
  test.each(cases)('%s: %s', async (field, _what, value) => {
    const entries = [
      { ...spend, amount: 10_000, nonce: 'n' },
      { ...spend, nonce: 'n', [field]: value },
    ]
    const { status, json } = await post('/ledger/batch', { entries })
    expect([status, json.results[0].code]).toEqual([200, 'INSUFFICIENT_BALANCE'])
    expect(json.results[1].code).toBe('VALIDATION_ERROR')
    expect(json.results[1].errors[0].field.split('.')[0]).toBe(field)
  })
})

describe('an unknown id is not found', () => {
  const never = [
    '0',
    '-1',
    '1.5',
    '1e30',
    '9'.repeat(18),
    '9'.repeat(400),
    'nope',
    '%00',
    '..',
    '%F0%9F%A6%8A',
    '',
  ]
  const uuid = '00000000-0000-7000-8000-000000000000'

  test.each(never)('%s', async (id) => {
    const found = [
      await send('GET', `/ledger/transactions/${id}`),
      await send('POST', `/ledger/transactions/${id}/reverse`, { nonce: 'n' }),
      await send('GET', `/ledger/entries/${id}`),
      await send('POST', `/ledger/entries/${id}/refund`, { amount: 1, nonce: 'n' }),
      await send('GET', `/ledger/holds/${id}`),
      await send('POST', `/ledger/holds/${id}/capture`, { nonce: 'n' }),
      await send('POST', `/ledger/holds/${id}/release`),
    ]
    expect(found.map(({ status, json }) => `${status} ${json.code}`)).toEqual([
      '404 TRANSACTION_NOT_FOUND',
      '404 TRANSACTION_NOT_FOUND',
      '404 ENTRY_NOT_FOUND',
      '404 ENTRY_NOT_FOUND',
      '404 HOLD_NOT_FOUND',
      '404 HOLD_NOT_FOUND',
      '404 HOLD_NOT_FOUND',
    ])
  })

  test('a transaction with an unknown UUID', async () => {
    for (const id of [uuid, uuid.toUpperCase(), `${uuid}0`, `{${uuid}}`]) {
      const { status, json } = await send('GET', `/ledger/transactions/${encodeURIComponent(id)}`)
      expect([status, json.code]).toEqual([404, 'TRANSACTION_NOT_FOUND'])
    }
  })
})

describe('a query is refused', () => {
  const badMoments = [
    '',
    'x',
    '0',
    '1e30',
    'null',
    '2026-11-21',
    '2026-11-21T10:15:30',
    '2026-02-30T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:15:60Z',
    '2026-11-21T10:15:30+02:00',
    '1969-12-31T23:59:59Z',
    '0000-01-01T00:00:00%2B14:00',
    '%2B010000-01-01T00:00:00Z',
    '2026-11-21T10:15:30Z%00',
    'x'.repeat(10_000),
  ]
  const range = 'from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z'
  const cases: [target: string, field: string][] = [
    ...badMoments.flatMap((moment): [string, string][] => [
      [`/ledger/ann?as_of=${moment}`, 'as_of'],
      [`/balance/ann?as_of=${moment}`, 'as_of'],
      [`/ledger/ann/entries?from=${moment}`, 'from'],
      [`/ledger/ann/entries?to=${moment}`, 'to'],
      [`/ledger/ann/summary?per=day&to=2026-11-21T00:00:00Z&from=${moment}`, 'from'],
      [`/ledger/ann/summary?per=day&from=2026-11-21T00:00:00Z&to=${moment}`, 'to'],
      [`/operations/summary?per=day&to=2026-11-21T00:00:00Z&from=${moment}`, 'from'],
    ]),
    ['/ledger/ann?as_of=2026-11-21T00:00:00Z&as_of=2026-11-21T00:00:00Z', 'as_of'],
    ['/ledger/ann?asof=2026-11-21T00:00:00Z', 'asof'],
    ['/ledger/ann/entries?order=', 'order'],
    ['/ledger/ann/entries?order=OLDEST_FIRST', 'order'],
    ['/ledger/ann/entries?order=oldest_first&order=newest_first', 'order'],
    ['/ledger/ann/entries?metadata=x', 'metadata'],
    ['/ledger/ann/entries?metadata.a=x&metadata.b=y', 'metadata'],
    ['/ledger/ann/entries?metadata.a=x&metadata.a=x', 'metadata'],
    ['/ledger/ann/entries?metadata.a=%00', 'metadata'],
    ['/ledger/ann/entries?metadata.%00=x', 'metadata'],
    ['/ledger/ann/entries?meta.a=x', 'meta.a'],
    ['/ledger/ann/entries?first=0', 'first'],
    ['/ledger/ann/entries?first=101', 'first'],
    ['/ledger/ann/entries?after=x', 'after'],
    ['/ledger/ann/entries?after=%00', 'after'],
    [`/ledger/ann/summary?${range}`, 'per'],
    [`/ledger/ann/summary?${range}&per=week`, 'per'],
    [`/ledger/ann/summary?${range}&per=DAY`, 'per'],
    [`/ledger/ann/summary?${range}&per=day&operation=NOPE`, 'operation'],
    [`/ledger/ann/summary?${range}&per=day&operation=CREDIT_ADD&operation=`, 'operation'],
    ['/ledger/ann/summary?per=day&from=2026-11-21T00:00:00Z', 'to'],
    ['/ledger/ann/summary?per=day&to=2026-11-21T00:00:00Z', 'from'],
    ['/ledger/ann/summary?per=day&from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z', 'to'],
    ['/ledger/ann/summary?per=hour&from=2020-11-22T00:00:00Z&to=2026-11-21T00:00:00Z', 'to'],
    ['/operations/summary', 'from'],
    [`/operations/summary?${range}`, 'per'],
    [`/operations/summary?${range}&per=week`, 'per'],
    [`/operations/summary?${range}&per=day&operation=NOPE`, 'operation'],
    [`/operations/summary?${range}&per=day&owner_id=ann`, 'owner_id'],
    ['/operations/summary?per=hour&from=2020-11-22T00:00:00Z&to=2026-11-21T00:00:00Z', 'to'],
    ['/operations?shared=true', 'shared'],
    ['/ledger/ann/entry', 'nonce'],
    ['/ledger/ann/entry?nonce=', 'nonce'],
    ['/ledger/ann/entry?nonce=%00', 'nonce'],
    [`/ledger/ann/entry?nonce=${'x'.repeat(256)}`, 'nonce'],
    ['/ledger/ann/entry?nonce=a&nonce=b', 'nonce'],
    ['/ledger/ann/entry?nonce=a&id=1', 'id'],
    ['/ledger//entry?nonce=a', 'owner_id'],
    ['/ledger/%00/entry?nonce=a', 'owner_id'],
    ['/ledger/ann/holds?first=1', 'first'],
    ['/ledger/entries/1?as_of=x', 'as_of'],
    ['/ledger/holds/1?=', ''],
    ['/ledger/transactions/1?__proto__=x', '__proto__'],
    ['/ledger?first=0', 'first'],
    ['/ledger?first=1.5', 'first'],
    ['/ledger?first=101', 'first'],
    ['/ledger?after=x', 'after'],
    ['/ledger?prefix=%00', 'prefix'],
    [`/ledger?prefix=${'x'.repeat(256)}`, 'prefix'],
    ['/ledger?prefix=a&prefix=b', 'prefix'],
    ['/ledger?owner=ann', 'owner'],
    ['/ledger/%00/holds', 'owner_id'],
    ['/ledger//holds', 'owner_id'],
    [`/ledger//summary?${range}&per=day`, 'owner_id'],
    [`/ledger/${'x'.repeat(256)}/holds`, 'owner_id'],
  ]
  test.each(cases)('%s', async (target, field) => {
    const { status, json } = await send('GET', target)
    expect([status, json.code]).toEqual([422, 'VALIDATION_ERROR'])
    expect(json.errors[0].field.split('.', field.split('.').length).join('.')).toBe(field)
    expect(JSON.stringify(json).length).toBeLessThan(5000)
  })

  test.each([
    '/ledger/ann?as_of=%ff',
    '/ledger/ann/entries?metadata.%ff=x',
    '/ledger/ann/entries?metadata.a=%ed%a0%80',
    '/ledger/entries/%zz',
    '/ledger/holds/%c0%af',
    '/ledger/transactions/%',
    '/ledger?prefix=%',
    '/ledger/ann/entry?nonce=%ff',
    '/operations?%ff=x',
  ])('%s, whose encoding is wrong', async (target) => {
    const { status, json } = await send('GET', target)
    expect([status, json.code]).toEqual([400, 'MALFORMED_PATH'])
  })

  test.each(['', '%00', 'x'.repeat(256)])('an overdraft of the owner %s', async (owner) => {
    const { status, json } = await send('PUT', `/ledger/${owner}/overdraft`, { limit: 1 })
    expect([status, json.errors[0].field]).toEqual([422, 'owner_id'])
  })
})
