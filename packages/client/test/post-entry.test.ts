import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLedgerClient, LedgerClientError } from '../src/index.ts'
import { type FixtureOperation, startFixture } from './fixture.ts'
import { answer, answerJson, cutAnswer, dropRequest, keepAnswer, loseAnswer, sendTwice } from './proxy.ts'

let fixture: Awaited<ReturnType<typeof startFixture>>
const clientOf = () => createLedgerClient<FixtureOperation>({ url: fixture.url, retry: { baseDelayMs: 1 } })

beforeEach(async () => {
  fixture = await startFixture()
})
afterEach(() => fixture.stop())

describe('postEntry', () => {
  it('posts an entry and returns it with the balance', async () => {
    const result = await clientOf().postEntry({
      ownerId: fixture.ownerId,
      operation: 'CREDIT_ADD',
      amount: 7,
      nonce: 'n1',
      metadata: { colour: 'red' },
    })
    expect(result).toMatchObject({
      ok: true,
      replayed: false,
      entry: {
        ownerId: fixture.ownerId,
        amount: 7,
        nonce: 'n1',
        balanceAfter: 7,
        seq: 1,
        metadata: { colour: 'red' },
      },
      balance: { ownerId: fixture.ownerId, amount: 7 },
    })
  })

  it('makes a new nonce for each posting without one', async () => {
    const client = clientOf()
    await client.postEntry({ ownerId: fixture.ownerId, operation: 'CONTENT_ACCESS' })
    await client.postEntry({ ownerId: fixture.ownerId, operation: 'CONTENT_ACCESS' })
    const [one, two] = (await fixture.entries()).map(({ nonce }) => nonce)
    expect(one).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    expect(two).not.toBe(one)
  })

  it.each([
    ['before the answer', loseAnswer],
    ['in the middle of the answer', cutAnswer],
  ])('finds its own entry again when the connection is lost %s', async (_, fault) => {
    fixture.faults.push(fault, fault)
    const result = await clientOf().postEntry({
      ownerId: fixture.ownerId,
      operation: 'CREDIT_ADD',
      nonce: 'n1',
    })
    expect(result).toMatchObject({
      ok: true,
      replayed: true,
      entry: { nonce: 'n1' },
      balance: { amount: 10 },
    })
    expect(await fixture.entries()).toHaveLength(1)
    expect(fixture.requests).toHaveLength(3)
  })

  it('finds its own entry again when the answer took too long', async () => {
    fixture.faults.push(keepAnswer)
    const client = createLedgerClient({ url: fixture.url, timeoutMs: 1000, retry: { baseDelayMs: 1 } })
    const result = await client.postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD' })
    expect(result).toMatchObject({ ok: true, replayed: true })
    expect(await fixture.entries()).toHaveLength(1)
  })

  it('recognises a nonce that it made, even when a proxy sent the request twice', async () => {
    fixture.faults.push(sendTwice)
    const result = await clientOf().postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD' })
    expect(result).toMatchObject({ ok: true, replayed: true })
    expect(await fixture.entries()).toHaveLength(1)
  })

  it('posts once when the connection is lost before the request arrives', async () => {
    fixture.faults.push(dropRequest, dropRequest)
    const posting = { ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n1' } as const
    expect(await clientOf().postEntry(posting)).toMatchObject({ ok: true, replayed: false })
    expect(await fixture.entries()).toEqual([{ nonce: 'n1', operation: 'CREDIT_ADD', amount: 10 }])
    expect(fixture.requests).toHaveLength(3)
  })

  it('reports a duplicate of an earlier call as a duplicate', async () => {
    const client = clientOf()
    const first = await client.postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n1' })
    expect(
      await client.postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n1' }),
    ).toMatchObject({
      ok: false,
      __typename: 'DuplicateNonceError',
      code: 'DUPLICATE_NONCE',
      identical: true,
      entry: { id: first.ok && first.entry.id },
    })
    expect(
      await client.postEntry({ ownerId: fixture.ownerId, operation: 'DAILY_REWARD', nonce: 'n1' }),
    ).toMatchObject({
      ok: false,
      identical: false,
    })
  })

  it('reports a duplicate also when the first attempt reached nobody', async () => {
    const client = clientOf()
    await client.postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n1' })
    await fixture.stop()
    const posting = createLedgerClient({ url: fixture.url, retry: { baseDelayMs: 100 } }).postEntry({
      ownerId: fixture.ownerId,
      operation: 'CREDIT_ADD',
      nonce: 'n1',
    })
    setTimeout(() => fixture.restart(), 150)
    expect(await posting).toMatchObject({ ok: false, code: 'DUPLICATE_NONCE' })
  })

  it.each([
    ['whose answer was lost', loseAnswer],
    ['that was answered 503', answer(503)],
  ])('cannot tell an earlier call from an attempt %s: both are replayed', async (_, fault) => {
    const client = clientOf()
    const posting = { ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n1' } as const
    await client.postEntry(posting)
    fixture.faults.push(fault)
    expect(await client.postEntry(posting)).toMatchObject({
      ok: true,
      replayed: true,
      entry: { nonce: 'n1' },
    })
    expect(await fixture.entries()).toHaveLength(1)
  })

  it('reports a different request with the same nonce, even after a lost answer', async () => {
    const client = clientOf()
    await client.postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n1' })
    fixture.faults.push(loseAnswer)
    expect(
      await client.postEntry({ ownerId: fixture.ownerId, operation: 'DAILY_REWARD', nonce: 'n1' }),
    ).toMatchObject({
      ok: false,
      __typename: 'DuplicateNonceError',
      identical: false,
    })
  })

  it('returns every other refusal with its fields', async () => {
    const client = clientOf()
    expect(await client.postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_SPEND' })).toEqual({
      ok: false,
      __typename: 'InsufficientBalanceError',
      code: 'INSUFFICIENT_BALANCE',
      message: `The posting takes 1 credit, ${fixture.ownerId} has 0 available.`,
      balance: { ownerId: fixture.ownerId, amount: 0 },
      entryIndex: 0,
    })
    expect(await client.postEntry({ ownerId: '', operation: 'CREDIT_ADD' })).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'ownerId', message: expect.stringContaining('1') }],
    })
    await client.postEntry({
      ownerId: fixture.ownerId,
      operation: 'CREDIT_ADD',
      amount: Number.MAX_SAFE_INTEGER,
    })
    expect(await client.postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD' })).toMatchObject({
      __typename: 'BalanceOutOfRangeError',
      balance: { amount: Number.MAX_SAFE_INTEGER },
    })
  })

  it('throws an unknown refusal, with its code', async () => {
    const refusal = { __typename: 'QuotaExceededError', code: 'QUOTA_EXCEEDED', message: 'Enough for today.' }
    fixture.faults.push(answerJson({ data: { outcome: refusal } }))
    await expect(
      clientOf().postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n1' }),
    ).rejects.toMatchObject({
      name: 'LedgerClientError',
      code: 'QUOTA_EXCEEDED',
      message: 'Enough for today.',
      retryable: false,
      nonce: 'n1',
    })
  })

  it('adds the nonce to the error when it gives up, so that the caller can learn the outcome', async () => {
    fixture.faults.push(loseAnswer, loseAnswer)
    const client = createLedgerClient({ url: fixture.url, retry: { attempts: 2, baseDelayMs: 1 } })
    const error = await client
      .postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD' })
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(LedgerClientError)
    expect(error).toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
      nonce: (await fixture.entries())[0]!.nonce,
    })
    expect(error.message).toContain('connection was lost')
  })
})
