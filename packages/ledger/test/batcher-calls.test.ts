import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createBatcher } from '../src/posting/batcher.ts'
import { LockedElsewhere } from '../src/posting/sender.ts'
import { draftOf } from './jobs.ts'

type Outcome = string | LockedElsewhere

/** A batcher whose calls wait until the test answers them. */
function openBatcher() {
  const calls: { readonly ids: string[]; readonly waitMs: number; answer(outcomes?: Outcome[]): void }[] = []
  const batched = createBatcher<string>(
    (drafts, waitMs) =>
      new Promise((resolve) => {
        const ids = drafts.map(({ id }) => id)
        calls.push({ ids, waitMs, answer: (outcomes = ids) => resolve(outcomes) })
      }),
    { patienceMs: 60_000 },
  )
  const ask = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => batched(draftOf(`${name}${index}`)))
  const sizes = () => calls.map(({ ids }) => ids.length)
  return { ask, batched, calls, sizes }
}

test('the postings of one turn of the event loop go in one call', async () => {
  const { ask, calls, sizes } = openBatcher()
  const asked = ask(3, 'ann')
  expect(sizes()).toEqual([])
  await nextTurn()
  expect(sizes()).toEqual([3])
  calls[0]?.answer()
  expect(await Promise.all(asked)).toEqual(['ann0', 'ann1', 'ann2'])
})

test('only a crowd of 64 gets a second call, and there is never a third', async () => {
  const { ask, calls, sizes } = openBatcher()
  const asked = ask(1, 'ann')
  await nextTurn()
  asked.push(...ask(63, 'bob'))
  await nextTurn()
  expect(sizes()).toEqual([1])
  asked.push(...ask(1, 'eve'))
  await nextTurn()
  expect(sizes()).toEqual([1, 64])
  asked.push(...ask(300, 'joe'))
  await nextTurn()
  expect(sizes()).toEqual([1, 64])
  calls[0]?.answer()
  await expect.poll(sizes).toEqual([1, 64, 256])
  for (const { answer } of calls) answer()
  await expect.poll(sizes).toEqual([1, 64, 256, 44])
  calls[3]?.answer()
  expect(await Promise.all(asked)).toHaveLength(365)
})

test('a busy account has its own call, while others go on', async () => {
  const { batched, calls } = openBatcher()
  const busy = batched(draftOf('busy'))
  await nextTurn()
  calls[0]?.answer([new LockedElsewhere(['busy'])])
  await expect.poll(() => calls.length).toBe(2)
  expect(calls[1]).toMatchObject({ ids: ['busy'], waitMs: 1000 })
  const free = batched(draftOf('free'))
  await nextTurn()
  expect(calls[2]).toMatchObject({ ids: ['free'], waitMs: 0 })
  calls[2]?.answer()
  expect(await free).toBe('free')
  calls[1]?.answer()
  expect(await busy).toBe('busy')
})
