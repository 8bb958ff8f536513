import { expect, test } from 'vitest'
import { openApp } from './ledger-app.ts'

const { get, post, send, give, written, shiftClock } = await openApp()

const holding = (owner_id: string, fields = {}) => ({
  owner_id,
  operation: 'CREDIT_SPEND',
  amount: 6,
  nonce: crypto.randomUUID(),
  expires_in: 60,
  ...fields,
})

test('a hold sets credits aside until its capture, which frees the rest', async () => {
  await give('ann', 10)
  const { status, json } = await post(
    '/ledger/holds',
    holding('ann', { nonce: 'h', metadata: { order: 'A-17' } }),
  )
  expect(status).toBe(201)
  expect(json).toEqual({
    hold: {
      id: expect.any(Number),
      owner_id: 'ann',
      operation: 'CREDIT_SPEND',
      amount: 6,
      captured: 0,
      nonce: 'h',
      status: 'held',
      captured_by: null,
      created_on: expect.any(String),
      expires_on: expect.any(String),
      released_on: null,
      metadata: { order: 'A-17' },
    },
    balance: 10,
    overdraft: 0,
    held: 6,
    available: 4,
    state: 'open',
  })
  const { hold } = json
  expect(Date.parse(hold.expires_on) - Date.parse(hold.created_on)).toBe(60_000)
  expect((await get(`/ledger/holds/${hold.id}`)).json).toEqual({ hold })
  expect((await get('/ledger/ann/holds')).json).toEqual({ holds: [hold] })
  const spent = { owner_id: 'ann', operation: 'CREDIT_SPEND', amount: 5, nonce: 'spent' }
  expect((await post('/ledger', spent)).json).toMatchObject({ code: 'INSUFFICIENT_BALANCE', balance: 10 })

  const captured = await post(`/ledger/holds/${hold.id}/capture`, { amount: 4, nonce: 'c' })
  expect(captured.status).toBe(200)
  const { entry } = captured.json
  expect(captured.json).toEqual({
    entry: {
      id: expect.any(Number),
      owner_id: 'ann',
      operation: 'CREDIT_SPEND',
      amount: -4,
      nonce: 'c',
      balance_after: 6,
      created_on: expect.any(String),
      metadata: {},
      transaction_id: expect.any(String),
      hold_id: hold.id,
    },
    hold: {
      ...{ ...hold, status: 'captured', captured: 4 },
      ...{ captured_by: entry.id, released_on: entry.created_on },
    },
    balance: 6,
    overdraft: 0,
    held: 0,
    available: 6,
    state: 'open',
  })
  expect((await get('/ledger/ann/holds')).json).toEqual({ holds: [] })

  for (const path of ['capture', 'release']) {
    const body = path === 'capture' ? { nonce: 'd' } : {}
    const again = await post(`/ledger/holds/${hold.id}/${path}`, body)
    expect([again.status, again.json.code]).toEqual([409, 'HOLD_CAPTURED'])
    expect(again.json.hold).toEqual(captured.json.hold)
  }
})

test('a hold is captured in parts', async () => {
  await give('cleo', 10)
  const { hold } = (await post('/ledger/holds', holding('cleo'))).json
  const part = await post(`/ledger/holds/${hold.id}/capture`, { amount: 2, keep_rest: true, nonce: 'part' })
  expect(part.json).toMatchObject({
    entry: { amount: -2, hold_id: hold.id },
    hold: { status: 'held', captured: 2, captured_by: null, released_on: null },
    held: 4,
    available: 4,
  })
  const rest = await post(`/ledger/holds/${hold.id}/capture`, { nonce: 'rest' })
  expect(rest.json).toMatchObject({
    entry: { amount: -4 },
    hold: { status: 'captured', captured: 6, captured_by: rest.json.entry.id },
    held: 0,
  })
  const captures = await get(`/ledger/holds/${hold.id}/captures`)
  expect([captures.status, captures.json]).toEqual([200, { entries: [part.json.entry, rest.json.entry] }])
  expect((await get('/ledger/holds/999999/captures')).json.code).toBe('HOLD_NOT_FOUND')
  const faulty = await post(`/ledger/holds/${hold.id}/capture`, { nonce: 'x', keep_rest: 'yes' })
  expect(faulty).toMatchObject({
    status: 422,
    json: { code: 'VALIDATION_ERROR', errors: [{ field: 'keep_rest' }] },
  })
})

test('a hold is prolonged', async () => {
  await give('dora', 10)
  const { hold } = (await post('/ledger/holds', holding('dora'))).json
  const path = `/ledger/holds/${hold.id}/prolong`
  const day = (days: number) => new Date(Date.parse(hold.created_on) + days * 86_400_000).toISOString()
  const prolonged = { hold: { ...hold, expires_on: day(30) }, balance: 10, held: 6, available: 4 }
  expect(await post(path, { expires_on: day(30) })).toMatchObject({ status: 200, json: prolonged })
  expect(await post(path, { expires_on: day(1) })).toMatchObject({ status: 200, json: prolonged })
  for (const expires_on of [day(366), 'soon', 7, null, undefined]) {
    expect(await post(path, { expires_on })).toMatchObject({
      status: 422,
      json: { code: 'VALIDATION_ERROR', errors: [{ field: 'expires_on' }] },
    })
  }
  await post(`/ledger/holds/${hold.id}/release`, {})
  expect(await post(path, { expires_on: day(40) })).toMatchObject({
    status: 409,
    json: { code: 'HOLD_RELEASED', hold: { status: 'released' } },
  })
  expect(await post('/ledger/holds/999/prolong', { expires_on: day(40) })).toMatchObject({
    status: 404,
    json: { code: 'HOLD_NOT_FOUND' },
  })
})

test('a release needs no body, and can be repeated', async () => {
  await give('bob', 10)
  const { json } = await post('/ledger/holds', holding('bob'))
  const path = `/ledger/holds/${json.hold.id}/release`
  const { status, json: released } = await send('POST', path)
  expect(status).toBe(200)
  expect(released).toEqual({
    hold: { ...json.hold, status: 'released', released_on: expect.any(String) },
    balance: 10,
    overdraft: 0,
    held: 0,
    available: 10,
    state: 'open',
  })
  expect((await post(path, {})).json).toEqual(released)
  const capture = await post(`/ledger/holds/${json.hold.id}/capture`, { nonce: 'c' })
  expect([capture.status, capture.json.code, capture.json.hold.status]).toEqual([
    409,
    'HOLD_RELEASED',
    'released',
  ])
})

test('a release with a body, or from a page, must declare JSON', async () => {
  await give('cat', 10)
  const { json } = await post('/ledger/holds', holding('cat'))
  const path = `/ledger/holds/${json.hold.id}/release`
  const before = await written()
  const refused = [
    await send('POST', path, undefined, { origin: 'https://elsewhere.example' }),
    await send('POST', path, '', { 'content-type': 'text/plain' }),
    await send('POST', path, '{}', { 'content-type': '' }),
  ]
  expect(refused.map(({ status, json: { code } }) => [status, code])).toEqual(
    refused.map(() => [415, 'UNSUPPORTED_MEDIA_TYPE']),
  )
  const extra = await post(path, { amount: 1 })
  expect([extra.status, extra.json.errors[0].field]).toEqual([422, 'amount'])
  expect(await written()).toBe(before)
  const empty = await send('POST', path, '', { origin: 'https://elsewhere.example' })
  expect(empty.status).toBe(200)
})

test('an expired hold sets nothing aside', async () => {
  await give('dan', 10)
  const { json } = await post('/ledger/holds', holding('dan'))
  await shiftClock('2 minutes')
  expect((await get(`/ledger/holds/${json.hold.id}`)).json.hold.status).toBe('expired')
  expect((await get('/ledger/dan/holds')).json).toEqual({ holds: [] })
  const { status, json: late } = await post(`/ledger/holds/${json.hold.id}/capture`, { nonce: 'late' })
  expect([status, late.code, late.hold.status]).toEqual([409, 'HOLD_EXPIRED', 'expired'])
  await shiftClock('0 seconds')
})

test('a minus sign that agrees is accepted, an operation in the other direction is not', async () => {
  await give('eve', 10)
  const { status, json } = await post('/ledger/holds', holding('eve', { amount: -6 }))
  expect([status, json.hold.amount]).toEqual([201, 6])
  const refused = await post('/ledger/holds', holding('eve', { operation: 'CREDIT_ADD' }))
  expect([refused.status, refused.json.errors[0].field]).toEqual([422, 'operation'])
})

test('a capture takes no more than the hold has', async () => {
  await give('fay', 10)
  const { json } = await post('/ledger/holds', holding('fay'))
  const much = await post(`/ledger/holds/${json.hold.id}/capture`, { amount: 7, nonce: 'c' })
  expect([much.status, much.json.errors]).toEqual([
    422,
    [{ field: 'amount', message: 'must be from 1 to 6 credits, which the hold keeps' }],
  ])
})

test('dry runs write nothing', async () => {
  await give('gus', 10)
  const { json } = await post('/ledger/holds', holding('gus', { amount: 2 }))
  const before = await written()
  const dry = await post('/ledger/holds', holding('gus', { amount: 8, dry_run: true }))
  expect(dry.json).toMatchObject({ hold: { id: 0, status: 'held' }, balance: 10, held: 10, available: 0 })
  const capture = await post(`/ledger/holds/${json.hold.id}/capture`, { nonce: 'c', dry_run: true })
  expect(capture.json).toMatchObject({
    entry: { id: 0, amount: -2 },
    hold: { id: json.hold.id, status: 'captured', captured_by: 0 },
    balance: 8,
    held: 0,
    available: 8,
    state: 'open',
  })
  expect(await written()).toBe(before)
})
