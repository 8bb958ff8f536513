import { describe, expect, inject, test } from 'vitest'
import { type LiveEntry, SubscriberTooSlowError } from '../../src/index.ts'
import { given, openBooks, postAtOnce as postBySql } from './stage.ts'

const { sql, shop, arcade } = await openBooks()
const gems = { book: 'gems' } as const

let count = 0
/** Returns an owner that no other test of the file uses. */
const newOwner = () => `owner-${++count}`

const byShop = async (ownerId: string) =>
  given(await shop.postEntry({ ownerId, operation: 'GEM_ADD', nonce: crypto.randomUUID() }))
const byArcade = async (ownerId: string) =>
  given(await arcade.postEntry({ ownerId, operation: 'GEM_WON', amount: 1, nonce: crypto.randomUUID() }))

const postAtOnce = (...args: [app: 'shop' | 'arcade', ownerId: string, entries: number]) =>
  postBySql(sql, ...args)

const nextSeq = async (list: AsyncIterator<LiveEntry>) => (await list.next()).value?.entry.seq
/** Long enough for each reader to look for new entries, which it does each second. */
const aLook = () => new Promise((resolve) => setTimeout(resolve, 1500))

describe('a live list in a shared book', () => {
  test("has the app's own entries alone, whatever lies between them", async () => {
    const owner = newOwner()
    const lists = {
      shop: await shop.postedEntries(owner, gems),
      arcade: await arcade.postedEntries(owner, gems),
    }
    await byShop(owner)
    await byArcade(owner)
    await byArcade(owner)
    await byShop(owner)
    expect([await nextSeq(lists.shop), await nextSeq(lists.shop)]).toEqual([1, 4])
    expect([await nextSeq(lists.arcade), await nextSeq(lists.arcade)]).toEqual([2, 3])
    await lists.shop.return?.()
    await lists.arcade.return?.()
  })

  test('continues after a cursor, past entries of the other app', async () => {
    const owner = newOwner()
    await byShop(owner)
    await postAtOnce('arcade', owner, 250)
    await byShop(owner)
    const list = await shop.postedEntries(owner, { ...gems, after: '' })
    const first = (await list.next()).value!
    expect([first.entry.seq, await nextSeq(list)]).toEqual([1, 252])
    await postAtOnce('arcade', owner, 250)
    await byShop(owner)
    expect(await nextSeq(list)).toBe(503)
    await list.return?.()
    const again = await shop.postedEntries(owner, { ...gems, after: first.cursor })
    expect([await nextSeq(again), await nextSeq(again)]).toEqual([252, 503])
    await again.return?.()
  })
})

describe.skipIf(inject('postgres').isCluster)('a list of all owners in one of several books', () => {
  test('has the entries of this book and app, whatever lies between them', async () => {
    const [owner, other] = [newOwner(), newOwner()]
    const list = await shop.postedEntries(null, gems)
    const first = await byShop(owner)
    await postAtOnce('arcade', owner, 150)
    given(await shop.postEntry({ ownerId: owner, operation: 'CREDIT_ADD', amount: 1, nonce: 'own book' }))
    const second = await byShop(other)
    const taken = [(await list.next()).value, (await list.next()).value]
    expect(taken.map(({ entry }) => entry.id)).toEqual([first.entry.id, second.entry.id])
    await list.return?.()
    const page = await shop.entries({ ...gems, order: 'OLDEST_FIRST', after: taken[0]?.cursor })
    expect(page.edges).toEqual([{ cursor: taken[1]?.cursor, node: taken[1]?.entry }])
  })
})

describe('a reader is not too slow', () => {
  test.each(['waits', 'does not read'])(
    'when another app posts more than it may leave unread while it %s',
    async (how) => {
      const owner = newOwner()
      const list = await shop.postedEntries(owner, gems)
      await byShop(owner)
      const first = how === 'waits' ? nextSeq(list) : undefined
      const second = first && (await first) === 1 ? nextSeq(list) : undefined
      for (let times = 0; times < 3; times++) {
        await postAtOnce('arcade', owner, 10_500)
        await aLook()
      }
      await byShop(owner)
      const seqs = second ? [await first, await second] : [await nextSeq(list), await nextSeq(list)]
      expect(seqs).toEqual([1, 31_502])
      await list.return?.()
    },
    60_000,
  )

  test('until it leaves more than 10,000 entries of its own app unread, whatever lies between them', async () => {
    const owner = newOwner()
    const list = await shop.postedEntries(owner, gems)
    await byShop(owner)
    expect(await nextSeq(list)).toBe(1)
    await postAtOnce('shop', owner, 6000)
    await postAtOnce('arcade', owner, 6000)
    await aLook()
    await postAtOnce('shop', owner, 4000)
    await postAtOnce('arcade', owner, 6000)
    await aLook()
    expect(await nextSeq(list)).toBe(2)
    await postAtOnce('shop', owner, 2)
    await aLook()
    await expect(list.next()).rejects.toBeInstanceOf(SubscriberTooSlowError)
  }, 60_000)
})
