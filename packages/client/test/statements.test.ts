import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../src/index.ts'
import { type Engine, type EngineOperation, startEngine } from './engine-fixture.ts'

describe('statements', () => {
  let engine: Engine
  let posted: readonly LedgerEntry<EngineOperation>[]

  beforeAll(async () => {
    engine = await startEngine()
    for (const amount of [1, 2, 3, 4, 5]) {
      await engine.give(engine.ada, amount, amount % 2 === 1 ? { kind: 'odd' } : {})
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    posted = (await engine.client.entries({ ownerId: engine.ada, order: 'OLDEST_FIRST' })).entries
    const { id } = posted[4]!
    await engine.client.refundEntry({ id, amount: 1 })
  })
  afterAll(() => engine.stop())

  const amountsOf = async (filter: Omit<Parameters<Engine['client']['entries']>[0], 'ownerId'>) => {
    const input = { ownerId: engine.ada, ...filter } as Parameters<Engine['client']['entries']>[0]
    return (await engine.client.entries(input)).entries.map(({ amount }) => amount)
  }

  it('balance as of a moment, a Date or a string', async () => {
    const { client, ada } = engine
    const asOf = posted[2]!.createdOn
    expect(await client.balance(ada, { asOf })).toEqual({ ownerId: ada, amount: 6 })
    expect(await client.balance(ada, { asOf: new Date(asOf) })).toEqual({ ownerId: ada, amount: 6 })
    expect(await client.balance(ada, { asOf: new Date(Date.parse(asOf) - 1) })).toMatchObject({ amount: 3 })
    expect(await client.balance(ada, { asOf: new Date(0) })).toMatchObject({ amount: 0 })
    expect(await client.balance(ada, {})).toMatchObject({ amount: 14 })
  })

  it('refuses an invalid moment', async () => {
    const { client, ada } = engine
    const none = new Date('yesterday')
    await expect(client.balance(ada, { asOf: none })).rejects.toThrow(RangeError)
    await expect(client.entries({ ownerId: ada, from: none })).rejects.toThrow(RangeError)
    await expect(client.summary({ from: none, to: none, per: 'DAY' })).rejects.toThrow(RangeError)
    for (const asOf of ['yesterday', '']) {
      await expect(client.balance(ada, { asOf })).rejects.toMatchObject({
        name: 'LedgerClientError',
        retryable: false,
      })
      await expect(client.entries({ ownerId: ada, to: asOf })).rejects.toMatchObject({ retryable: false })
    }
  })

  it('what all accounts have together, now and over time, and who has most', async () => {
    const { client, ada } = engine
    const totals = await client.totals()
    expect(totals).toMatchObject({
      accounts: expect.any(Number),
      held: 0,
      overdraft: 0,
      frozen: 0,
      closed: 0,
    })
    const { accounts } = await client.accounts({ order: 'HIGHEST_BALANCE', first: 1 })
    expect(accounts[0]?.balance.amount).toBeLessThanOrEqual(totals.amount)
    expect((await client.accounts({ order: 'LAST_CHANGED', prefix: ada })).accounts).toMatchObject([
      { ownerId: ada },
    ])
    const lines = await client.outstanding({
      from: posted[0]!.createdOn,
      to: '2100-01-01T00:00:00Z',
      per: 'MONTH',
    })
    expect(lines.at(-1)?.amount).toBe(totals.amount)
  })

  it('the status of the server', async () => {
    expect(await engine.client.status()).toMatchObject({
      ...{ app: expect.any(String), version: expect.any(String), postingsWaiting: 0, lastVerify: null },
      database: { readOnly: false },
    })
  })

  it('entries by time, order, operation and metadata', async () => {
    const [from, to] = [posted[1]!.createdOn, posted[3]!.createdOn]
    expect(await amountsOf({})).toEqual([-1, 5, 4, 3, 2, 1])
    expect(await amountsOf({ from, to: new Date(to) })).toEqual([3, 2])
    expect(await amountsOf({ from, to, order: 'OLDEST_FIRST', operations: ['CREDIT_ADD'] })).toEqual([2, 3])
    expect(await amountsOf({ to, operations: ['TRANSFER_IN'] })).toEqual([])
    expect(await amountsOf({ metadata: { key: 'kind', value: 'odd' } })).toEqual([5, 3, 1])
    expect(await amountsOf({ order: 'NEWEST_FIRST' })).toEqual([-1, 5, 4, 3, 2, 1])
  })

  it('all of them, page by page in the same order', async () => {
    const { client, ada, requests } = engine
    const before = requests.length
    const amounts: number[] = []
    const filter = { ownerId: ada, order: 'OLDEST_FIRST', operations: ['CREDIT_ADD'], pageSize: 4 } as const
    for await (const { amount } of client.allEntries(filter)) amounts.push(amount)
    expect(amounts).toEqual([1, 2, 3, 4, 5, -1])
    expect(requests.length - before).toBe(2)
  })

  it('sums per operation and window, of an owner or the whole app', async () => {
    const { client, ada, bob, give } = engine
    await give(bob, 7)
    const day = new Date(posted[0]!.createdOn.slice(0, 10))
    const from = day
    const to = new Date(day.getTime() + 2 * 86_400_000)
    const start = day.toISOString()
    const operation = 'CREDIT_ADD'
    const line = { operation, operationName: operation, start, count: 5, gross: 15, reversed: -1 }
    expect(await client.summary({ ownerId: ada, from, to, per: 'DAY' })).toEqual([line])
    expect(
      await client.summary({ from, to: to.toISOString(), per: 'DAY', operations: ['CREDIT_ADD'] }),
    ).toEqual([{ ...line, count: 6, gross: 22 }])
    expect(await client.summary({ from, to, per: 'HOUR', operations: ['TRANSFER_IN'] })).toEqual([])
    await expect(client.summary({ from: to, to: from, per: 'MONTH' })).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
      message: 'to must be after from',
    })
  })

  it('accounts by owner', async () => {
    const { client, ada, give } = engine
    for (const owner of ['x/3', 'x/1', 'x/2']) await give(owner, 5)
    const { accounts, pageInfo } = await client.accounts({ prefix: 'x/', first: 2 })
    expect(accounts).toMatchObject([
      { ownerId: 'x/1', balance: { ownerId: 'x/1', amount: 5 }, entryCount: 1 },
      { ownerId: 'x/2' },
    ])
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    expect((await client.accounts({ prefix: 'x/', last: 1 })).accounts.map(({ ownerId }) => ownerId)).toEqual(
      ['x/3'],
    )
    const owners: string[] = []
    for await (const { ownerId } of client.allAccounts({ prefix: 'x/', pageSize: 2 })) owners.push(ownerId)
    expect(owners).toEqual(['x/1', 'x/2', 'x/3'])
    expect((await client.accounts()).accounts[0]).toMatchObject({ ownerId: ada, entryCount: 6 })
    await expect(client.accounts({ after: 'none' })).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
  })

  it('operations with their limits', async () => {
    const infos = await engine.client.operations()
    expect(infos.map(({ name, limit, paired }) => [name, limit, paired])).toEqual([
      ['DAILY_REWARD', { times: 2, credits: null, per: 'DAY', anchored: false }, false],
      ['SIGNUP_CREDIT', { times: 1, credits: null, per: 'LIFETIME', anchored: false }, false],
      ['CREDIT_SPEND', null, false],
      ['CREDIT_ADD', null, false],
      ['TRANSFER_OUT', null, true],
      ['TRANSFER_IN', null, true],
    ])
  })
})
