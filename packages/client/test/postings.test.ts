import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LedgerClientError } from '../src/index.ts'
import { type Engine, startEngine } from './engine-fixture.ts'
import { cutAnswer, dropRequest, keepAnswer, loseAnswer, sendTwice } from './proxy.ts'

interface Posting {
  readonly nonce?: string
  readonly dryRun?: boolean
  readonly metadata?: Readonly<Record<string, string>>
}

interface AnyResult {
  readonly ok: boolean
  readonly __typename: string
}

type Method = (client: Engine['client'], posting: Posting) => Promise<AnyResult>

/** The input of each method that posts, after its preconditions are set up. */
const methods: Record<string, (engine: Engine) => Promise<Method> | Method> = {
  postEntry:
    ({ ada }) =>
    (client, posting) =>
      client.postEntry({ ownerId: ada, operation: 'CREDIT_ADD', ...posting }),
  postTransaction:
    ({ ada, bob }) =>
    (client, posting) =>
      client.postTransaction({
        entries: [
          { ownerId: bob, operation: 'CREDIT_ADD', amount: 3 },
          { ownerId: ada, operation: 'CREDIT_SPEND', amount: 2 },
        ],
        ...posting,
      }),
  transfer:
    ({ ada, bob }) =>
    (client, posting) =>
      client.transfer({ from: ada, to: bob, amount: 5, ...posting }),
  async reverseTransaction({ ada, give }) {
    const { transactionId: id } = await give(ada, 7)
    return (client, posting) => client.reverseTransaction({ id, ...posting })
  },
  async refundEntry({ ada, give }) {
    const { id } = await give(ada, 7)
    return (client, posting) => client.refundEntry({ id, amount: 2, ...posting })
  },
  async postEntries({ ada }) {
    return async (client, { dryRun, ...posting }) => {
      const [result] = await client.postEntries([{ ownerId: ada, operation: 'CREDIT_ADD', ...posting }], {
        dryRun,
      })
      return result!
    }
  },
  holdCredits:
    ({ ada }) =>
    (client, posting) =>
      client.holdCredits({ ownerId: ada, operation: 'CREDIT_SPEND', amount: 4, expiresIn: 60, ...posting }),
  async captureHold({ ada, client: setUp }) {
    const held = await setUp.holdCredits({
      ownerId: ada,
      operation: 'CREDIT_SPEND',
      amount: 4,
      expiresIn: 60,
    })
    const id = held.ok ? held.hold.id : ''
    return (client, posting) => client.captureHold({ id, amount: 3, ...posting })
  },
}

/** The same part of a dry run's result and of the real result. */
function withoutIds(result: AnyResult): unknown {
  const others = new Set([
    'id',
    'transactionId',
    'createdOn',
    'expiresOn',
    'releasedOn',
    'capturedBy',
    'replayed',
  ])
  return JSON.parse(JSON.stringify(result, (key, value) => (others.has(key) ? 'another' : value)))
}

describe.each(Object.entries(methods))('%s', (name, prepare) => {
  let engine: Engine
  let post: Method
  let before: number
  const duplicate = name === 'holdCredits' ? 'DuplicateHoldError' : 'DuplicateNonceError'
  const entries = ['postTransaction', 'transfer'].includes(name) ? 2 : 1
  const written = async () => (await engine.count()) - before

  beforeEach(async () => {
    engine = await startEngine()
    await engine.give(engine.ada, 100)
    post = await prepare(engine)
    before = await engine.count()
  })
  afterEach(() => engine.stop())

  it('returns a success, and a duplicate for the same nonce when no answer was lost', async () => {
    const result = await post(engine.client, { nonce: 'n1', metadata: { for: 'tea' } })
    expect(result).toMatchObject({ ok: true, replayed: false, __typename: expect.stringMatching(/Success$/) })
    expect(await post(engine.client, { nonce: 'n1', metadata: { for: 'tea' } })).toMatchObject({
      ok: false,
      __typename: duplicate,
      code: 'DUPLICATE_NONCE',
      identical: true,
    })
    expect(await post(engine.client, { nonce: 'n1', metadata: { for: 'coffee' } })).toMatchObject({
      ok: false,
      __typename: duplicate,
      identical: false,
    })
    expect(await written()).toBe(entries)
  })

  it.each([
    ['before the answer', loseAnswer],
    ['in the middle of the answer', cutAnswer],
  ])('returns the same when the connection is lost %s, and writes once', async (_, fault) => {
    engine.faults.push(fault, fault)
    const result = await post(engine.client, { nonce: 'n1' })
    expect(result).toMatchObject({ ok: true, replayed: true })
    engine.faults.push(fault)
    expect(await post(engine.client, { nonce: 'n1' })).toEqual(result)
    expect(await written()).toBe(entries)
  })

  it('makes a nonce, and recognises it', async () => {
    engine.faults.push(sendTwice)
    const result = await post(engine.client, {})
    expect(result).toMatchObject({ ok: true, replayed: true })
    expect(await written()).toBe(entries)
    expect(JSON.stringify(result)).toMatch(/"nonce":"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}"/)
  })

  it('returns for a replay what it would have returned', async () => {
    const dry = await post(engine.client, { nonce: 'n1', dryRun: true })
    engine.faults.push(loseAnswer)
    const result = await post(engine.client, { nonce: 'n1' })
    expect(withoutIds(result)).toEqual(withoutIds(dry))
  })

  it('posts once when the request was lost on its way', async () => {
    engine.faults.push(dropRequest, dropRequest)
    expect(await post(engine.client, {})).toMatchObject({ ok: true, replayed: false })
    expect(await written()).toBe(entries)
  })

  it('reports a different request with the same nonce, even after a lost answer', async () => {
    await engine.client.postEntry({ ownerId: engine.ada, operation: 'DAILY_REWARD', nonce: 'n1' })
    await engine.client.postEntry({ ownerId: engine.bob, operation: 'DAILY_REWARD', nonce: 'n1' })
    engine.faults.push(loseAnswer)
    expect(await post(engine.client, { nonce: 'n1' })).toMatchObject({
      ok: false,
      __typename: 'DuplicateNonceError',
      identical: false,
      entry: { operation: 'DAILY_REWARD', nonce: 'n1' },
    })
  })

  it('does not write in a dry run, and never takes an earlier posting for its own', async () => {
    engine.faults.push(loseAnswer)
    expect(await post(engine.client, { nonce: 'n1', dryRun: true })).toMatchObject({
      ok: true,
      replayed: false,
    })
    expect(await written()).toBe(0)
    await post(engine.client, { nonce: 'n1' })
    engine.faults.push(loseAnswer)
    expect(await post(engine.client, { nonce: 'n1', dryRun: true })).toMatchObject({
      ok: false,
      __typename: duplicate,
    })
  })

  it('refuses an invalid nonce and invalid metadata', async () => {
    expect(await post(engine.client, { nonce: '\0' })).toMatchObject({
      ok: false,
      __typename: 'ValidationError',
      errors: [{ field: 'nonce', message: 'must not contain NUL' }],
    })
    expect(await post(engine.client, { nonce: '' })).toMatchObject({ errors: [{ field: 'nonce' }] })
    expect(await post(engine.client, { metadata: { long: 'a'.repeat(4093) } })).toMatchObject({
      errors: [{ field: 'metadata', message: 'must be at most 4096 bytes of UTF-8' }],
    })
    await expect(post(engine.client, { metadata: { a: 5 } as never })).rejects.toMatchObject({
      name: 'LedgerClientError',
      code: 'BAD_USER_INPUT',
      retryable: false,
    })
    expect(await written()).toBe(0)
  })

  it('adds its nonce to the error when it gives up, so that the outcome can be learned', async () => {
    engine.faults.push(keepAnswer, loseAnswer)
    const impatient = engine.clientOf({ timeoutMs: 500, retry: { attempts: 2, baseDelayMs: 1 } })
    const error = await post(impatient, {}).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(LedgerClientError)
    // A busy machine may take longer than the client waits.
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(?:CONNECTION_LOST|TIMEOUT)$/),
      retryable: true,
    })
    const nonce = error.nonce ?? error.nonces[0]
    expect(await post(engine.client, { nonce })).toMatchObject({ ok: false, identical: true })
  })
})
