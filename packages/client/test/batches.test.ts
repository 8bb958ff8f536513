import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './engine-fixture.ts'
import { dropRequest, loseAnswer } from './proxy.ts'

let engine: Engine
beforeEach(async () => {
  engine = await startEngine()
})
afterEach(() => engine.stop())

const kinds = (results: readonly { readonly __typename: string; readonly ok: boolean }[]) =>
  results.map((result) => ('replayed' in result && result.replayed ? 'replayed' : result.__typename))

describe('postEntries', () => {
  const add = (ownerId: string, nonce?: string) => ({ ownerId, operation: 'CREDIT_ADD', nonce }) as const
  const mixed = () => {
    const { ada, bob } = engine
    return [
      add(ada),
      add('', 'n2'),
      { ownerId: ada, operation: 'CREDIT_SPEND', amount: 11 },
      add(bob, 'n4'),
      add(bob, 'n4'),
      { ownerId: bob, operation: 'SIGNUP_CREDIT' },
      { ownerId: bob, operation: 'SIGNUP_CREDIT' },
    ] as const
  }
  const refusals = {
    validation: 'ValidationError',
    balance: 'InsufficientBalanceError',
    duplicate: 'DuplicateNonceError',
    limit: 'LimitReachedError',
  }

  it('judges each entry on its own, and returns results in order', async () => {
    const { client, ada, bob, amounts } = engine
    const results = await client.postEntries(mixed())
    const success = 'PostLedgerEntrySuccess'
    const { validation, balance, duplicate, limit } = refusals
    expect(kinds(results)).toEqual([success, validation, balance, success, duplicate, success, limit])
    expect(results[3]).toMatchObject({ ok: true, replayed: false, entry: { nonce: 'n4' } })
    expect(results[4]).toMatchObject({ ok: false, identical: true, entry: { nonce: 'n4' } })
    expect(await amounts(ada, bob)).toEqual([10, 13])
  })

  it('sends the whole list again when the answer is lost, and recognises what it has posted', async () => {
    const { client, ada, bob, amounts, faults, requests } = engine
    faults.push(loseAnswer, dropRequest, loseAnswer)
    const results = await client.postEntries(mixed())
    const { validation, balance, duplicate, limit } = refusals
    expect(kinds(results)).toEqual([
      'replayed',
      validation,
      balance,
      'replayed',
      duplicate,
      'replayed',
      limit,
    ])
    expect(requests).toHaveLength(4)
    expect(await amounts(ada, bob)).toEqual([10, 13])
  })

  it('treats a duplicate of a given nonce as its own only after a lost answer', async () => {
    const { client, ada, faults, amounts } = engine
    await client.postEntries([add(ada, 'n1')])
    expect(kinds(await client.postEntries([add(ada, 'n1'), add(ada)]))).toEqual([
      'DuplicateNonceError',
      'PostLedgerEntrySuccess',
    ])
    faults.push(loseAnswer)
    expect(kinds(await client.postEntries([add(ada, 'n1'), add(ada)]))).toEqual(['replayed', 'replayed'])
    expect(await amounts(ada)).toEqual([30])
  })

  it('adds the nonces of all entries to the error when it gives up', async () => {
    const { clientOf, ada, faults, amounts } = engine
    faults.push(loseAnswer)
    const error = await clientOf({ retry: { attempts: 1 } })
      .postEntries([add(ada), add(ada, 'n2')])
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', nonce: undefined })
    expect(error.nonces).toEqual([expect.any(String), 'n2'])
    const again = await clientOf().postEntries(error.nonces.map((nonce: string) => add(ada, nonce)))
    expect(again).toMatchObject([{ identical: true }, { identical: true }])
    expect(await amounts(ada)).toEqual([20])
  })

  it('posts up to 1,000 entries', async () => {
    const { client, ada, amounts, faults } = engine
    faults.push(loseAnswer)
    const results = await client.postEntries(Array.from({ length: 1000 }, () => add(ada)))
    expect(new Set(kinds(results))).toEqual(new Set(['replayed']))
    expect(results.map((result) => result.ok && result.entry.seq)).toEqual(
      Array.from({ length: 1000 }, (_, index) => index + 1),
    )
    expect(await amounts(ada)).toEqual([10_000])
    for (const length of [0, 1001]) {
      await expect(client.postEntries(Array.from({ length }, () => add(ada)))).rejects.toMatchObject({
        name: 'LedgerClientError',
        code: 'VALIDATION_ERROR',
        message: 'inputs must be a list of 1 to 1000 entries',
        retryable: false,
      })
    }
  })
})
