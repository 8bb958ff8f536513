import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLedgerClient, type LedgerClient, type PageInput } from '../src/index.ts'
import { type FixtureOperation, startFixture } from './fixture.ts'

describe('reads', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>
  let client: LedgerClient<FixtureOperation>

  beforeAll(async () => {
    fixture = await startFixture()
    client = createLedgerClient<FixtureOperation>({ url: new URL(fixture.url) })
    for (const nonce of ['n1', 'n2', 'n3', 'n4', 'n5']) {
      await client.postEntry({ ownerId: fixture.ownerId, operation: 'DAILY_REWARD', nonce })
    }
    await client.postEntry({ ownerId: fixture.ownerId, operation: 'CONTENT_ACCESS', nonce: 'n6' })
  })
  afterAll(() => fixture.stop())

  async function noncesOf(input: Parameters<typeof client.allEntries>[0]) {
    const nonces: string[] = []
    for await (const { nonce } of client.allEntries(input)) nonces.push(nonce)
    return nonces
  }

  it('returns the balance', async () => {
    expect(await client.balance(fixture.ownerId)).toEqual({ ownerId: fixture.ownerId, amount: 5 })
    expect(await client.balance('nobody')).toEqual({ ownerId: 'nobody', amount: 0 })
  })

  it('returns one entry by id or nonce, or null', async () => {
    const byNonce = await client.entryByNonce(fixture.ownerId, 'n2')
    expect(byNonce).toMatchObject({ seq: 2, nonce: 'n2', operation: 'DAILY_REWARD', balanceAfter: 2 })
    expect(await client.entry(byNonce!.id)).toEqual(byNonce)
    expect(await client.entry('999999999')).toBeNull()
    expect(await client.entryByNonce('bob', 'n2')).toBeNull()
  })

  it('returns the entries of all owners', async () => {
    const { entries } = await client.entries({ first: 2 })
    expect(entries.map(({ nonce }) => nonce)).toEqual(['n6', 'n5'])
    expect((await noncesOf({ pageSize: 4 })).slice(0, 6)).toEqual(['n6', 'n5', 'n4', 'n3', 'n2', 'n1'])
  })

  it('returns a page with its cursors', async () => {
    const { entries, pageInfo } = await client.entries({ ownerId: fixture.ownerId, first: 2 })
    expect(entries.map(({ nonce }) => nonce)).toEqual(['n6', 'n5'])
    const { startCursor, endCursor } = pageInfo
    expect(pageInfo).toEqual({ startCursor, endCursor, hasPreviousPage: false, hasNextPage: true })
    const noncesOfPage = async (page: PageInput) =>
      (await client.entries({ ownerId: fixture.ownerId, ...page })).entries.map(({ nonce }) => nonce)
    expect(await noncesOfPage({ first: 2, after: endCursor! })).toEqual(['n4', 'n3'])
    expect(await noncesOfPage({ first: 1, after: startCursor! })).toEqual(['n5'])
    expect(await noncesOfPage({ last: 5, before: endCursor! })).toEqual(['n6'])
  })

  it('iterates over all entries page by page, as far as they are read', async () => {
    const before = fixture.requests.length
    expect(await noncesOf({ ownerId: fixture.ownerId, pageSize: 2 })).toEqual([
      'n6',
      'n5',
      'n4',
      'n3',
      'n2',
      'n1',
    ])
    expect(fixture.requests.length - before).toBe(3)

    for await (const _ of client.allEntries({ ownerId: fixture.ownerId, pageSize: 2 })) break
    expect(fixture.requests.length - before).toBe(4)
  })

  it('iterates over some operations', async () => {
    expect(await noncesOf({ ownerId: fixture.ownerId, operations: ['CONTENT_ACCESS'] })).toEqual(['n6'])
    expect(await noncesOf({ ownerId: 'nobody' })).toEqual([])
  })

  it('returns the operations', async () => {
    const infos = await client.operations()
    expect(infos.map(({ name, shared, direction }) => [name, shared, direction])).toEqual([
      ['DAILY_REWARD', true, 'IN'],
      ['SIGNUP_CREDIT', true, 'IN'],
      ['CREDIT_SPEND', true, 'OUT'],
      ['CREDIT_ADD', true, 'IN'],
      ['CONTENT_CREATION', false, 'OUT'],
      ['CONTENT_ACCESS', false, 'NONE'],
    ])
    expect(infos.at(-1)).toEqual({
      name: 'CONTENT_ACCESS',
      description: 'Reading a content: free, but on record.',
      shared: false,
      direction: 'NONE',
      minAmount: 0,
      maxAmount: 0,
      defaultAmount: 0,
      limit: null,
      paired: false,
      retired: false,
      internal: false,
      scope: null,
      state: null,
    })
  })

  it('refuses an invalid URL at once', () => {
    expect(() => createLedgerClient({ url: 'localhost' })).toThrow(TypeError)
  })
})
