import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLedgerClient, type LedgerClient } from '../src/index.ts'
import { type FixtureOperation, startFixture } from './fixture.ts'

describe('reads', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>
  let client: LedgerClient<FixtureOperation>

  beforeAll(async () => {
    fixture = await startFixture()
    client = createLedgerClient<FixtureOperation>({ url: new URL(fixture.url) })
    for (const nonce of ['n1', 'n2', 'n3', 'n4', 'n5']) {
      await client.postEntry({ ownerId: 'ada', operation: 'DAILY_REWARD', nonce })
    }
    await client.postEntry({ ownerId: 'ada', operation: 'CONTENT_ACCESS', nonce: 'n6' })
  })
  afterAll(() => fixture.stop())

  async function noncesOf(input: Parameters<typeof client.allEntries>[0]) {
    const nonces: string[] = []
    for await (const { nonce } of client.allEntries(input)) nonces.push(nonce)
    return nonces
  }

  it('gives the balance', async () => {
    expect(await client.balance('ada')).toEqual({ ownerId: 'ada', amount: 5 })
    expect(await client.balance('nobody')).toEqual({ ownerId: 'nobody', amount: 0 })
  })

  it('gives one entry by id or nonce, or null', async () => {
    expect(await client.entry('1')).toMatchObject({ id: '1', nonce: 'n1', operation: 'DAILY_REWARD' })
    expect(await client.entry('99')).toBeNull()
    expect(await client.entryByNonce('ada', 'n2')).toMatchObject({ id: '2' })
    expect(await client.entryByNonce('bob', 'n2')).toBeNull()
  })

  it('gives a page and its ends', async () => {
    const { entries, pageInfo } = await client.entries({ ownerId: 'ada', first: 2 })
    expect(entries.map(({ nonce }) => nonce)).toEqual(['n6', 'n5'])
    expect(pageInfo).toEqual({ startCursor: '6', endCursor: '5', hasPreviousPage: false, hasNextPage: true })
  })

  it('iterates over all entries page by page, as far as they are asked for', async () => {
    const before = fixture.requests.length
    expect(await noncesOf({ ownerId: 'ada', pageSize: 2 })).toEqual(['n6', 'n5', 'n4', 'n3', 'n2', 'n1'])
    expect(fixture.requests.length - before).toBe(3)

    for await (const _ of client.allEntries({ ownerId: 'ada', pageSize: 2 })) break
    expect(fixture.requests.length - before).toBe(4)
  })

  it('iterates over some operations', async () => {
    expect(await noncesOf({ ownerId: 'ada', operations: ['CONTENT_ACCESS'] })).toEqual(['n6'])
    expect(await noncesOf({ ownerId: 'nobody' })).toEqual([])
  })

  it('gives the operations', async () => {
    expect(await client.operations()).toEqual([
      {
        name: 'CONTENT_ACCESS',
        description: null,
        shared: false,
        direction: 'NONE',
        minAmount: 0,
        maxAmount: 0,
        defaultAmount: 0,
      },
    ])
  })

  it('refuses a URL that is none at once', () => {
    expect(() => createLedgerClient({ url: 'localhost' })).toThrow(TypeError)
  })
})
