import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './engine-fixture.ts'
import { dropRequest, loseAnswer } from './proxy.ts'

let engine: Engine
beforeEach(async () => {
  engine = await startEngine()
  await engine.give(engine.ada, 10)
})
afterEach(() => engine.stop())

async function hold(amount: number) {
  const { client, ada } = engine
  const held = await client.holdCredits({ ownerId: ada, operation: 'CREDIT_SPEND', amount, expiresIn: 60 })
  if (!held.ok) throw new Error(held.message)
  return held
}

describe('holdCredits', () => {
  it('sets credits aside', async () => {
    const { client, ada } = engine
    const held = await hold(7)
    expect(held).toMatchObject({
      ok: true,
      replayed: false,
      hold: { ownerId: ada, operation: 'CREDIT_SPEND', amount: 7, status: 'HELD', capturedBy: null },
      balance: { ownerId: ada, amount: 10, overdraft: 0, held: 7, available: 3 },
    })
    expect(await client.hold(held.hold.id)).toEqual(held.hold)
    expect(await client.holds(ada)).toEqual([held.hold])
    expect(await client.available(ada)).toEqual(held.balance)
    expect(await client.balance(ada)).toEqual({ ownerId: ada, amount: 10 })
    expect(await client.hold('0')).toBeNull()
  })

  it('is refused beyond the available credits, without an end, and for an operation that gives credits', async () => {
    const { client, ada } = engine
    await hold(7)
    const input = { ownerId: ada, operation: 'CREDIT_SPEND', amount: 4, expiresIn: 60 } as const
    expect(await client.holdCredits(input)).toMatchObject({
      ok: false,
      __typename: 'InsufficientBalanceError',
      message: `The posting takes 4 credits, ${ada} has 3 available.`,
    })
    expect(await client.holdCredits({ ...input, expiresIn: 0 })).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'expiresIn' }],
    })
    expect(await client.holdCredits({ ...input, operation: 'CREDIT_ADD' })).toMatchObject({
      errors: [{ field: 'operation', message: 'must be one that takes credits' }],
    })
    expect(await client.holds(ada)).toHaveLength(1)
  })
})

describe('captureHold', () => {
  it('posts a part, and makes the rest available again', async () => {
    const { client, ada } = engine
    const { hold: promised } = await hold(7)
    const captured = await client.captureHold({ id: promised.id, amount: 5 })
    expect(captured).toMatchObject({
      ok: true,
      replayed: false,
      entry: { operation: 'CREDIT_SPEND', amount: -5, balanceAfter: 5, holdId: promised.id },
      hold: { id: promised.id, status: 'CAPTURED' },
      balance: { ownerId: ada, amount: 5, held: 0, available: 5 },
    })
    const after = await client.hold(promised.id)
    expect(captured.ok && captured.hold).toEqual(after)
    expect(after?.capturedBy).toEqual(captured.ok && captured.entry)
    const { entries } = await client.entries({ ownerId: ada })
    expect(entries.map(({ holdId }) => holdId)).toEqual([promised.id, null])
    expect(await client.entry(entries[0]!.id)).toEqual(captured.ok && captured.entry)
    expect(await client.captureHold({ id: promised.id })).toMatchObject({
      ok: false,
      __typename: 'HoldEndedError',
      code: 'HOLD_CAPTURED',
      hold: { id: promised.id, status: 'CAPTURED' },
    })
    expect(await client.releaseHold(promised.id)).toMatchObject({
      ok: false,
      __typename: 'HoldEndedError',
      code: 'HOLD_CAPTURED',
    })
  })

  it('is refused for more than is held, and for 0', async () => {
    const { client } = engine
    const { hold: promised } = await hold(7)
    expect(await client.captureHold({ id: promised.id, amount: 8 })).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'amount' }],
    })
    expect(await client.captureHold({ id: 'none' })).toMatchObject({
      __typename: 'NotFoundError',
      code: 'HOLD_NOT_FOUND',
    })
  })
})

describe('a hold that goes on', () => {
  it('is captured in parts, also when an answer is lost', async () => {
    const { client, ada } = engine
    const { hold: promised } = await hold(7)
    const part = await client.captureHold({ id: promised.id, amount: 5, keepRest: true })
    expect(part).toMatchObject({ ok: true, hold: { status: 'HELD', captured: 5 }, balance: { held: 2 } })
    engine.faults.push(loseAnswer)
    const rest = await client.captureHold({ id: promised.id })
    expect(rest).toMatchObject({
      ok: true,
      replayed: true,
      entry: { amount: -2, holdId: promised.id },
      hold: { status: 'CAPTURED', captured: 7 },
    })
    expect(await client.captures(promised.id)).toMatchObject([{ amount: -5 }, { amount: -2 }])
    expect(await client.captures('999999')).toBeNull()
    expect(await client.available(ada)).toMatchObject({ amount: 3, held: 0 })
  })

  it('is prolonged, also when an answer is lost', async () => {
    const { client } = engine
    const { hold: promised } = await hold(7)
    const expiresOn = new Date(Date.parse(promised.createdOn) + 86_400_000)
    engine.faults.push(loseAnswer)
    expect(await client.prolongHold({ id: promised.id, expiresOn })).toMatchObject({
      ok: true,
      hold: { id: promised.id, status: 'HELD', expiresOn: expiresOn.toISOString() },
      balance: { held: 7 },
    })
    await client.releaseHold(promised.id)
    expect(await client.prolongHold({ id: promised.id, expiresOn })).toMatchObject({
      ok: false,
      __typename: 'HoldEndedError',
      code: 'HOLD_RELEASED',
    })
  })
})

describe('releaseHold', () => {
  it.each([
    ['at once', []],
    ['also when the answer is lost', [loseAnswer, loseAnswer]],
    ['also when the request is lost', [dropRequest]],
  ])('makes the credits available again, %s', async (_, faults) => {
    const { client, ada } = engine
    const { hold: promised } = await hold(7)
    engine.faults.push(...faults)
    const released = await client.releaseHold(promised.id)
    expect(released).toMatchObject({
      ok: true,
      __typename: 'ReleaseHoldSuccess',
      hold: { id: promised.id, status: 'RELEASED' },
      balance: { ownerId: ada, amount: 10, held: 0, available: 10 },
    })
    expect(await client.releaseHold(promised.id)).toEqual(released)
    expect(await client.captureHold({ id: promised.id })).toMatchObject({ code: 'HOLD_RELEASED' })
    expect(await client.holds(ada)).toEqual([])
  })

  it('reports a hold that does not exist', async () => {
    expect(await engine.client.releaseHold('0')).toMatchObject({
      ok: false,
      __typename: 'NotFoundError',
      code: 'HOLD_NOT_FOUND',
    })
  })
})

describe('setOverdraft', () => {
  it.each([
    ['at once', []],
    ['also when the answer is lost', [loseAnswer]],
  ])('lets a balance go below 0, %s', async (_, faults) => {
    const { client, ada } = engine
    engine.faults.push(...faults)
    expect(await client.setOverdraft({ ownerId: ada, limit: 5 })).toEqual({
      ok: true,
      __typename: 'SetOverdraftSuccess',
      balance: { ownerId: ada, amount: 10, overdraft: 5, held: 0, available: 15, state: 'OPEN' },
    })
    expect(await client.postEntry({ ownerId: ada, operation: 'CREDIT_SPEND', amount: 13 })).toMatchObject({
      ok: true,
      balance: { amount: -3 },
    })
    expect(await client.setOverdraft({ ownerId: ada, limit: 2 })).toMatchObject({
      ok: false,
      __typename: 'OverdraftInUseError',
      code: 'OVERDRAFT_IN_USE',
      balance: { amount: -3, overdraft: 5, available: 2 },
    })
  })

  it('is refused below 0, and beyond the range', async () => {
    const { client, ada } = engine
    expect(await client.setOverdraft({ ownerId: ada, limit: -1 })).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'limit' }],
    })
    expect(await client.setOverdraft({ ownerId: ada, limit: Number.MAX_SAFE_INTEGER })).toMatchObject({
      __typename: 'BalanceOutOfRangeError',
      balance: { ownerId: ada, amount: 10 },
    })
    await expect(client.setOverdraft({ ownerId: ada, limit: Number.NaN })).rejects.toMatchObject({
      name: 'LedgerClientError',
      nonce: undefined,
    })
  })
})
