import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { createLane, type Work } from '../src/lane.ts'
import { createTurnClock } from '../src/turn-clock.ts'

const options = {
  atOnce: 100,
  atOncePerCaller: 100,
  waiting: 100,
  waitingPerCaller: 100,
  atOnceBesideOthers: 100,
  patienceMs: 60_000,
  ownTurnMs: 1_000,
  isTurnLong: () => false,
}

type Entered = Pick<Work, 'handicapMs' | 'othersMs' | 'caller'> & { readonly isGone: boolean }

/** Creates a lane that records what was started, and how to end each. */
function createTestLane(few: Partial<typeof options>) {
  const lane = createLane({ ...options, ...few })
  const started: string[] = []
  const refused: string[] = []
  const done = new Map<string, (pauseMs: number) => void>()
  return {
    started,
    refused,
    done: (name: string, pauseMs = 0) => done.get(name)?.(pauseMs),
    enter: (name: string, { handicapMs = 0, othersMs = 0, isGone = false, caller }: Partial<Entered> = {}) =>
      lane.enter({
        handicapMs,
        othersMs,
        caller,
        isGone: () => isGone,
        start(end) {
          started.push(name)
          done.set(name, end)
        },
        refuse: () => refused.push(name),
      }),
  }
}

test('work begins at once while there are places, and when a place becomes free', async () => {
  const { enter, started, refused, done } = createTestLane({ atOnce: 2, waiting: 2 })
  for (const name of ['a', 'b', 'c', 'd', 'e']) enter(name)
  expect([started, refused]).toEqual([['a', 'b'], ['e']])
  done('a')
  done('a')
  await nextTurn()
  expect(started).toEqual(['a', 'b', 'c'])
  done('b')
  done('c')
  await nextTurn()
  await nextTurn()
  expect(started).toEqual(['a', 'b', 'c', 'd'])
})

test('in a long turn nothing more begins, then one per turn, the cheapest first', async () => {
  let isLong = true
  const { enter, started } = createTestLane({ isTurnLong: () => isLong })
  enter('costly', { handicapMs: 500 })
  enter('cheap')
  enter('gone', { isGone: true })
  enter('cheap too')
  expect(started).toEqual([])
  isLong = false
  enter('behind') // waiting work goes first
  for (const count of [1, 2, 3, 4]) {
    await nextTurn()
    expect(started).toHaveLength(count)
  }
  expect(started).toEqual(['cheap', 'cheap too', 'behind', 'costly'])
})

test('expensive work begins one per turn, behind cheap work', async () => {
  const { enter, started } = createTestLane({ ownTurnMs: 100 })
  for (const name of ['large', 'large too', 'largest']) enter(name, { handicapMs: 100 })
  expect(started).toEqual([])
  await nextTurn()
  expect(started).toEqual(['large'])
  enter('small')
  await nextTurn()
  expect(started).toEqual(['large', 'small'])
  await nextTurn()
  await nextTurn()
  expect(started).toEqual(['large', 'small', 'large too', 'largest'])
})

test('a handicap only delays: work that came long before goes first', async () => {
  const { enter, started, done } = createTestLane({ atOnce: 1 })
  enter('at work')
  enter('costly', { handicapMs: 1 })
  const until = performance.now() + 5
  while (performance.now() < until);
  enter('cheap')
  done('at work')
  await nextTurn()
  expect(started).toEqual(['at work', 'costly'])
})

test('a turn counts as long once it has worked for so long, and the next turn starts anew', async () => {
  const isTurnLong = createTurnClock(5)
  expect(isTurnLong()).toBe(false)
  const until = performance.now() + 6
  while (performance.now() < until);
  expect(isTurnLong()).toBe(true)
  await nextTurn()
  expect(isTurnLong()).toBe(false)
})

test('nothing begins during the pause that ended work asked for, however many places are free', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] })
  try {
    const { enter, started, done } = createTestLane({ atOnce: 3 })
    for (const name of ['a', 'b']) enter(name)
    done('a', 1000)
    done('a', 5000) // is already done
    done('b', 500)
    enter('c')
    await vi.advanceTimersByTimeAsync(1400)
    expect(started).toEqual(['a', 'b'])
    await vi.advanceTimersByTimeAsync(200)
    expect(started).toEqual(['a', 'b', 'c'])
    enter('d')
    expect(started).toEqual(['a', 'b', 'c', 'd'])
  } finally {
    vi.useRealTimers()
  }
})

test('one caller leaves places to others, at work and waiting', async () => {
  const few = { atOnce: 3, atOncePerCaller: 2, atOnceBesideOthers: 2, waiting: 4, waitingPerCaller: 2 }
  const { enter, started, refused, done } = createTestLane(few)
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) enter(name, { caller: 'a' })
  expect([started, refused]).toEqual([['a1', 'a2'], ['a5']])
  await nextTurn()
  expect(started).toEqual(['a1', 'a2']) // a place is free, but not for this caller
  enter('b1', { caller: 'b' })
  await nextTurn()
  expect(started).toEqual(['a1', 'a2', 'b1'])
  enter('nobody 1')
  enter('nobody 2')
  enter('nobody 3')
  expect(refused).toEqual(['a5', 'nobody 3']) // four wait, of any caller
  done('a1')
  await nextTurn()
  expect(started).toEqual(['a1', 'a2', 'b1', 'a3'])
  done('b1')
  await nextTurn()
  expect(started).toEqual(['a1', 'a2', 'b1', 'a3', 'nobody 1']) // a4 waits, because its caller has its share
  done('nobody 1')
  done('a2')
  for (let turn = 1; turn <= 3; turn += 1) await nextTurn()
  expect(started.slice(5).toSorted()).toEqual(['a4', 'nobody 2'])
})

test('one caller has fewer places while others ask', async () => {
  const { enter, started, done } = createTestLane({ atOnce: 8, atOncePerCaller: 6, atOnceBesideOthers: 2 })
  for (const name of ['a1', 'a2', 'a3']) enter(name, { caller: 'a' })
  expect(started).toEqual(['a1', 'a2', 'a3']) // nobody else asks
  enter('b1', { caller: 'b' })
  enter('a4', { caller: 'a' })
  expect(started).toEqual(['a1', 'a2', 'a3', 'b1'])
  const frozen = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  try {
    done('a1')
    await nextTurn()
    expect(started).toEqual(['a1', 'a2', 'a3', 'b1'])
    done('a2')
    await nextTurn()
    expect(started).toEqual(['a1', 'a2', 'a3', 'b1', 'a4'])
    enter('a5', { caller: 'a' })
    frozen.mockReturnValue(performance.now() + 10_000) // the other caller has not asked for long
    enter('a6', { caller: 'a' })
    for (let turn = 1; turn <= 3; turn += 1) await nextTurn()
    expect(started.slice(5)).toEqual(['a5', 'a6'])
  } finally {
    frozen.mockRestore()
  }
})

test('work that nobody wants any more, or that waited too long, is dropped behind a caller with its share', async () => {
  const { enter, started, refused, done } = createTestLane({ atOnce: 2, atOncePerCaller: 1, patienceMs: 0 })
  enter('a1', { caller: 'a' })
  enter('a2', { caller: 'a' })
  enter('a3', { caller: 'a', isGone: true })
  const entered = performance.now()
  await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(entered))
  done('a1')
  await vi.waitFor(() => expect(refused).toEqual(['a2']))
  expect(started).toEqual(['a1'])
})

test('a caller with more work there comes later, but needs no turn of its own', async () => {
  const { enter, started, done } = createTestLane({ atOnce: 1, ownTurnMs: 10 })
  enter('first', { othersMs: 500 })
  expect(started).toEqual(['first'])
  enter('of many', { othersMs: 500 })
  enter('of few')
  done('first')
  await nextTurn()
  expect(started).toEqual(['first', 'of few'])
})
