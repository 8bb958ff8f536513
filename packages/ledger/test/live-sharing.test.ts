import { setImmediate as nextTick } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { gather } from '../src/live/gather.ts'
import { createSharedPages } from '../src/live/shared-pages.ts'
import { createTurns } from '../src/live/turns.ts'
import { openLedger } from './open-ledger.ts'

const { ledger } = await openLedger()

describe('pages', () => {
  test('are read once for all readers, and again when they were empty or failed', async () => {
    const rows = [1, 2, 3]
    let reads = 0
    let fails = false
    const pageAfter = createSharedPages(
      async (_: string, position: number) => {
        reads += 1
        if (fails) throw new Error('no')
        return rows.filter((row) => row > position)
      },
      (page) => page.length === 0,
    )
    const asked = Array.from({ length: 1000 }, () => pageAfter('ann', 0, 9))
    expect(asked.map(({ isFresh }) => isFresh)).toEqual([true, ...Array(999).fill(false)])
    expect(await asked[999]?.page).toEqual([1, 2, 3])
    expect(reads).toBe(1)

    expect(await pageAfter('ann', 3, 9).page).toEqual([])
    rows.push(4)
    expect(pageAfter('ann', 3, 9)).toMatchObject({ isFresh: true })
    expect(await pageAfter('ann', 3, 9).page).toEqual([4])
    expect(await pageAfter('bob', 0, 9).page).toEqual([1, 2, 3, 4])
    expect(reads).toBe(4)

    fails = true
    await expect(pageAfter('ann', 1, 9).page).rejects.toThrow('no')
    fails = false
    expect(await pageAfter('ann', 1, 9).page).toEqual([2, 3, 4])
  })

  test('are cached in a limited number', async () => {
    let reads = 0
    const pageAfter = createSharedPages(
      async (_: string, position: number) => {
        reads += 1
        return [position]
      },
      () => false,
      3,
    )
    for (const position of [1, 2, 3, 4]) await pageAfter('ann', position, 9).page
    expect(pageAfter('ann', 4, 9).isFresh).toBe(false)
    expect(pageAfter('ann', 1, 9).isFresh).toBe(true)
    expect(reads).toBe(5)
  })
})

test('keys of one turn, or asked for during a query, share one query, and no answer is older than its call', async () => {
  const asked: (readonly string[])[] = []
  let version = 1
  let answer = () => {}
  const versionOf = gather(async (keys) => {
    asked.push(keys)
    const at = version
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    if (keys.includes('fails')) throw new Error('no')
    return new Map(keys.map((key) => [key, at]))
  })
  const first = Promise.all([versionOf('a'), versionOf('a'), versionOf('b')])
  await expect.poll(() => asked).toEqual([['a', 'b']])
  version = 2
  const second = Promise.all([versionOf('a'), versionOf('c')])
  answer()
  expect(await first).toEqual([1, 1, 1])
  await expect.poll(() => asked.slice(1)).toEqual([['a', 'c']])
  answer()
  expect(await second).toEqual([2, 2])

  const failed = versionOf('fails')
  await expect.poll(() => asked).toHaveLength(3)
  answer()
  await expect(failed).rejects.toThrow('no')
  const after = versionOf('a')
  await expect.poll(() => asked).toHaveLength(4)
  answer()
  expect(await after).toBe(2)
})

test('a limited number of callers go on in each turn of the event loop, in order', async () => {
  const turn = createTurns(2)
  const went: { name: string; at: number }[] = []
  let now = 0
  const tick = () => {
    now += 1
    if (went.length < 7) setImmediate(tick)
  }
  setImmediate(tick)
  await Promise.all([...'abcdefg'].map((name) => turn().then(() => went.push({ name, at: now }))))
  expect(went.map(({ name }) => name).join('')).toBe('abcdefg')
  for (const { at } of went) expect(went.filter((other) => other.at === at).length).toBeLessThanOrEqual(2)
})

test('two hundred subscribers of a busy owner each get every entry once, in order, wherever they begin', async () => {
  const ownerId = 'busy'
  const post = (from: number) =>
    ledger.postEntries(
      Array.from({ length: 100 }, (_, index) => ({
        ownerId,
        operation: 'DAILY_REWARD' as const,
        nonce: `n${from + index}`,
      })),
    )
  await post(1)
  const lists = await Promise.all(
    Array.from({ length: 200 }, (_, index) => ledger.postedEntries(ownerId, index % 2 ? { after: '' } : {})),
  )
  const seqs = lists.map(async (list, index) => {
    const taken: number[] = []
    for await (const { entry } of list) {
      taken.push(entry.seq)
      // Some are slower than others and read at different times.
      if (index % 7 === 0) await nextTick()
      if (entry.seq === 400) break
    }
    return taken
  })
  for (const from of [101, 201, 301]) await post(from)
  const expected = Array.from({ length: 400 }, (_, index) => index + 1)
  for (const [index, taken] of (await Promise.all(seqs)).entries()) {
    expect(taken).toEqual(index % 2 ? expected : expected.slice(100))
  }
})
