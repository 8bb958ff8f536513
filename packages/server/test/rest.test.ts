import { problems } from '@shared-ledger/rest'
import { describe, expect, test } from 'vitest'
import { createTestApp, owner, posting, postingWithoutNonce, rowsWritten } from './harness.ts'

describe('POST /ledger', () => {
  test('posts and returns the entry and the balance', async () => {
    const { get, post } = createTestApp()
    const before = Date.now()
    const { status, headers, json } = await post(posting({ nonce: 'n', metadata: { colour: 'red' } }))
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(json).toEqual({
      entry: {
        id: expect.any(Number),
        operation: 'CREDIT_ADD',
        owner_id: owner(),
        amount: 10,
        nonce: 'n',
        balance_after: 10,
        created_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        metadata: { colour: 'red' },
        transaction_id: expect.stringMatching(/^[\da-f-]{36}$/),
      },
      balance: 10,
    })
    expect(Math.abs(Date.parse(json.entry.created_on) - before)).toBeLessThan(60_000)
    expect((await get(`/ledger/${owner()}/entries`)).json.entries).toEqual([json.entry])
  })

  test('works under /ledger/ too', async () => {
    const { send } = createTestApp()
    expect((await send('POST', '/ledger/', posting())).status).toBe(200)
  })

  test.each([
    ['left out', {}, 10],
    ['null', { amount: null, metadata: null }, 10],
    ['given', { amount: 7 }, 7],
  ])('takes an amount that is %s', async (_, fields, balance) => {
    const { post } = createTestApp()
    const { amount: _amount, ...body } = posting()
    expect((await post({ ...body, ...fields })).json.balance).toBe(balance)
  })

  test('a minus sign that agrees with the operation is accepted, another is refused', async () => {
    const { post } = createTestApp()
    await post(posting())
    expect((await post(posting({ operation: 'CREDIT_SPEND', amount: -3 }))).json.entry.amount).toBe(-3)
    expect((await post(posting({ operation: 'CREDIT_SPEND', amount: 3 }))).json.entry.amount).toBe(-3)
    expect((await post(posting({ operation: 'CONTENT_ACCESS', amount: -0 }))).json.entry.amount).toBe(0)
    const refused = await post(posting({ operation: 'CREDIT_ADD', amount: -3 }))
    expect(refused.json).toMatchObject({
      status: 422,
      code: 'VALIDATION_ERROR',
      errors: [{ field: 'amount' }],
    })
  })

  test('refuses more than the balance, and tells the balance', async () => {
    const { post } = createTestApp()
    const { status, headers, json } = await post(posting({ operation: 'CREDIT_SPEND', amount: 5 }))
    expect(status).toBe(400)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(json).toEqual({
      type: '/problems/insufficient-balance',
      title: 'Insufficient balance',
      status: 400,
      detail: `The posting takes 5 credits, ${owner()} has 0 available.`,
      code: 'INSUFFICIENT_BALANCE',
      entry_index: 0,
      owner_id: owner(),
      balance: 0,
    })
    expect(await rowsWritten()).toBe(0)
  })

  test('refuses a balance beyond 2^53 - 1', async () => {
    const { post } = createTestApp()
    await post(posting({ amount: Number.MAX_SAFE_INTEGER }))
    const { status, json } = await post(posting())
    expect([status, json.code, json.balance]).toEqual([422, 'BALANCE_OUT_OF_RANGE', Number.MAX_SAFE_INTEGER])
  })
})

describe('a nonce in the body', () => {
  test('is refused on every replay, with the original', async () => {
    const { post } = createTestApp()
    const body = posting()
    const first = await post(body)
    for (const replay of [body, { ...body, amount: 11 }]) {
      const { status, json } = await post(replay)
      expect([status, json.code]).toEqual([409, 'DUPLICATE_NONCE'])
      expect(json.entry).toEqual(first.json.entry)
    }
  })
})

describe('an Idempotency-Key', () => {
  test('returns the original for an identical replay', async () => {
    const { post } = createTestApp()
    const body = postingWithoutNonce()
    const first = await post(body, { 'idempotency-key': 'k' })
    expect(first.json.entry.nonce).toBe('k')
    expect(first.headers.has('idempotency-replayed')).toBe(false)
    await post(posting({ amount: 1 }))
    const replay = await post(body, { 'idempotency-key': 'k' })
    expect(replay.status).toBe(200)
    expect(replay.headers.get('idempotency-replayed')).toBe('true')
    expect(replay.json).toEqual({ entry: first.json.entry, balance: 11 })
  })

  test('refuses another body with 409', async () => {
    const { post } = createTestApp()
    const body = postingWithoutNonce()
    await post(body, { 'idempotency-key': 'k' })
    const { status, headers, json } = await post({ ...body, amount: 11 }, { 'idempotency-key': 'k' })
    expect([status, json.code, json.entry.amount]).toEqual([409, 'DUPLICATE_NONCE', 10])
    expect(headers.has('idempotency-replayed')).toBe(false)
  })

  test('may be sent together with the same nonce, but not with another', async () => {
    const { post } = createTestApp()
    const body = postingWithoutNonce()
    expect((await post({ ...body, nonce: 'k' }, { 'idempotency-key': 'k' })).status).toBe(200)
    const { status, json } = await post({ ...body, nonce: 'l' }, { 'idempotency-key': 'k' })
    expect([status, json.errors[0].field]).toEqual([422, 'nonce'])
  })

  test('is decoded as UTF-8', async () => {
    const { post } = createTestApp()
    const body = postingWithoutNonce()
    const octets = Buffer.from('ключ').toString('latin1')
    expect((await post(body, { 'idempotency-key': octets })).json.entry.nonce).toBe('ключ')
    expect((await post(body, { 'idempotency-key': '\xff' })).json).toMatchObject({ code: 'VALIDATION_ERROR' })
  })

  test('is checked like a nonce', async () => {
    const { post } = createTestApp()
    const { status, json } = await post(postingWithoutNonce(), { 'idempotency-key': 'k'.repeat(256) })
    expect([status, json.errors[0].field]).toEqual([422, 'nonce'])
  })
})

describe('reads', () => {
  test.each(['/ledger', '/balance'])('GET %s/{owner_id} returns the balance', async (path) => {
    const { get, post } = createTestApp()
    const balance = async () => (await get(`${path}/${owner()}`)).json
    const of = (credits: number) => ({
      owner_id: owner(),
      balance: credits,
      overdraft: 0,
      held: 0,
      available: credits,
      state: 'open',
    })
    expect(await balance()).toEqual(of(0))
    await post(posting())
    expect(await balance()).toEqual(of(10))
  })

  test('entries come newest first, in pages', async () => {
    const { get, post } = createTestApp()
    for (const amount of [1, 2, 3]) await post(posting({ amount }))
    const first = await get(`/ledger/${owner()}/entries?first=2`)
    expect(first.json.entries.map((entry: { amount: number }) => entry.amount)).toEqual([3, 2])
    const second = await get(
      `/ledger/${owner()}/entries?first=2&after=${encodeURIComponent(first.json.next)}`,
    )
    expect(second.json.entries.map((entry: { amount: number }) => entry.amount)).toEqual([1])
    expect(second.json.next).toBeNull()
  })

  test('entries of some operations', async () => {
    const { get, post } = createTestApp()
    await post(posting())
    await post(posting({ operation: 'DAILY_REWARD', amount: 1 }))
    await post(posting({ operation: 'CONTENT_ACCESS', amount: 0 }))
    const of = async (query: string) =>
      (await get(`/ledger/${owner()}/entries?${query}`)).json.entries.map(
        (entry: { operation: string }) => entry.operation,
      )
    expect(await of('operation=CREDIT_ADD')).toEqual(['CREDIT_ADD'])
    expect(await of('operation=CREDIT_ADD&operation=CONTENT_ACCESS')).toEqual([
      'CONTENT_ACCESS',
      'CREDIT_ADD',
    ])
  })

  test.each([
    ['first=x', 'first'],
    ['first=1.5', 'first'],
    ['first=-1', 'first'],
    ['first=1&first=2', 'first'],
    ['first=1e30', 'first'],
    ['first=999999999999', 'first'],
    ['operation=NOPE', 'operation'],
    ['frist=2', 'frist'],
  ])('entries?%s is refused', async (query, field) => {
    const { get } = createTestApp()
    const { status, json } = await get(`/ledger/${owner()}/entries?${query}`)
    expect([status, json.code, json.errors[0].field]).toEqual([422, 'VALIDATION_ERROR', field])
  })
})

describe('an app’s own routes', () => {
  test('return the original for a replay and charge nothing', async () => {
    const { send, post } = createTestApp()
    await post(posting())
    const body = { owner_id: owner(), text: 'hello', nonce: 'n' }
    const first = await send('POST', '/notes', body)
    expect(first.status).toBe(201)
    expect(first.json).toMatchObject({
      note: { owner_id: owner(), text: 'hello' },
      entry: { amount: -5 },
      balance: 5,
    })
    const replay = await send('POST', '/notes', body)
    expect([replay.status, replay.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(replay.json).toEqual(first.json)
    const other = await send('POST', '/notes', { ...body, text: 'other' })
    expect([other.status, other.json.code]).toEqual([409, 'DUPLICATE_NONCE'])

    const access = { owner_id: owner(), nonce: 'a' }
    const accessed = await send('POST', `/notes/${first.json.note.id}/access`, access)
    expect(accessed.json).toMatchObject({ entry: { operation: 'CONTENT_ACCESS', amount: 0 }, balance: 5 })
  })

  test('refuse with the app’s own codes', async () => {
    const { send } = createTestApp()
    const { status, json } = await send('POST', '/notes/none/access', { owner_id: owner(), nonce: 'n' })
    expect([status, json.code, json.type]).toEqual([404, 'NOTE_NOT_FOUND', '/problems/note-not-found'])
    expect(await rowsWritten()).toBe(0)
  })
})

describe('methods', () => {
  test('HEAD answers like GET, without the body', async () => {
    const { get, send } = createTestApp()
    for (const path of [
      `/ledger/${owner()}`,
      '/health',
      '/openapi.json',
      '/docs',
      `/ledger/${owner()}/entries?first=x`,
      '/graphql?query={__typename}',
    ]) {
      const got = await get(path)
      const head = await send('HEAD', path)
      expect([path, head.status, head.text]).toEqual([path, got.status, ''])
      expect(head.headers.get('content-type')).toBe(got.headers.get('content-type'))
    }
  })

  test.each([
    ['DELETE', '/ledger', 'GET, HEAD, OPTIONS, POST'],
    ['PUT', '/ledger/transactions/x', 'GET, HEAD, OPTIONS'],
    ['POST', '/ledger/ann', 'GET, HEAD, OPTIONS'],
    ['PUT', '/ledger/ann/entries', 'GET, HEAD, OPTIONS'],
    ['POST', '/balance/ann', 'GET, HEAD, OPTIONS'],
    ['GET', '/notes', 'OPTIONS, POST'],
    ['POST', '/health', 'GET, HEAD, OPTIONS'],
    ['POST', '/docs', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/openapi.json', 'GET, HEAD, OPTIONS'],
  ])('%s %s is 405 with Allow: %s', async (method, path, allow) => {
    const { send } = createTestApp()
    const { status, headers, json } = await send(method, path)
    expect([status, headers.get('allow'), json.code]).toEqual([405, allow, 'METHOD_NOT_ALLOWED'])
  })

  test('OPTIONS returns Allow, and no page of another host may read anything', async () => {
    const { send } = createTestApp()
    const headers = { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' }
    for (const path of ['/ledger', '/graphql', '/health']) {
      const options = await send('OPTIONS', path, undefined, headers)
      expect(options.status).toBe(204)
      expect(options.headers.get('allow')).toContain('OPTIONS')
      expect([...options.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    const { headers: answered } = await send('POST', '/ledger', posting(), {
      origin: 'https://elsewhere.example',
    })
    expect(answered.has('access-control-allow-origin')).toBe(false)
  })
})

describe('the table of problems', () => {
  test('explains every code at the address in its type', async () => {
    const { get } = createTestApp()
    for (const [code, { status, title }] of Object.entries(problems)) {
      const { json } = await get(`/problems/${code.toLowerCase().replaceAll('_', '-')}`)
      expect(json).toMatchObject({ code, status, title })
    }
    expect((await get('/problems')).json.problems).toHaveLength(Object.keys(problems).length + 1)
  })
})
