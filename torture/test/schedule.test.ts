import { expect, test } from 'vitest'
import { begin } from '../faults/begin.ts'
import { allKinds, faultKinds, groups, kindsOn } from '../faults/kinds.ts'
import { planRounds, type Round } from '../faults/schedule.ts'

function firstRounds(seed: number, count: number, kinds = allKinds): Round[] {
  const rounds = planRounds(seed, kinds)
  return Array.from({ length: count }, () => rounds.next().value)
}

test('the rounds of a seed are the same each time, and other seeds have others', () => {
  expect(firstRounds(1, 50)).toEqual(firstRounds(1, 50))
  expect(firstRounds(1, 50)).not.toEqual(firstRounds(2, 50))
})

test('every kind of fault comes once before any comes again', () => {
  const kinds = firstRounds(3, 60).flatMap(({ faults }) => faults.map(({ kind }) => kind))
  expect(new Set(kinds.slice(0, allKinds.length))).toEqual(new Set(allKinds))
  expect(kinds.length).toBeGreaterThan(2 * allKinds.length)
})

test('a group has one fault at a time, and rounds have one fault or several', () => {
  const rounds = firstRounds(4, 200)
  for (const { faults } of rounds) {
    const together = faults.map(({ kind }) => faultKinds[kind].group)
    expect(new Set(together).size).toBe(together.length)
  }
  expect(new Set(rounds.map(({ faults }) => faults.length))).toEqual(new Set([1, 2, 3]))
})

test('unavailable kinds are left out', () => {
  const kinds = allKinds.filter((kind) => kind !== 'out of disk')
  const planned = firstRounds(5, 200, kinds).flatMap(({ faults }) => faults.map(({ kind }) => kind))
  expect(planned).not.toContain('out of disk')
})

test('a cluster has faults of its nodes and shards, and all of the network and of the servers', () => {
  const [one, cluster] = [kindsOn('one PostgreSQL'), kindsOn('a cluster')]
  expect(one.filter((kind) => !cluster.includes(kind))).toEqual(['postgres killed'])
  expect(cluster.filter((kind) => !one.includes(kind))).toEqual([
    'coordinator killed',
    'worker killed',
    'all nodes killed',
    'shard moved',
  ])
  expect(new Set([...one, ...cluster])).toEqual(new Set(allKinds))
})

test('each fault lasts as long as its kind does', () => {
  for (const { kind, durationMs } of firstRounds(6, 200).flatMap(({ faults }) => faults)) {
    const [least, most] = faultKinds[kind].seconds
    expect(durationMs).toBeGreaterThanOrEqual(least * 1000)
    expect(durationMs).toBeLessThanOrEqual(most * 1000)
  }
})

test('each kind can begin, and each group has one', () => {
  expect(Object.keys(begin).sort()).toEqual([...allKinds].sort())
  expect(new Set(allKinds.map((kind) => faultKinds[kind].group))).toEqual(new Set(groups))
})
