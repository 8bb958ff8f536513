import { expect, test } from 'vitest'
import { clusterLines } from '../report.ts'

test('the report of a cluster tells of transactions in doubt, of absences and of moves', () => {
  expect(
    clusterLines({
      doubts: { seen: 40, inDoubtMs: [1_500, 9_250], seenAt: 63_000 },
      lastFault: 60_500,
      absences: {
        times: 3,
        ms: 12_000,
        living: { sent: 100, answered: 99 },
        own: { sent: 90, answered: 0 },
      },
      moves: { done: 2, failed: new Map([['the node is away', 1]]) },
    }),
  ).toEqual([
    '- 40 prepared transactions were seen, 2 of them in doubt, for 9.3 s at most; the last was gone 2.5 s after the last fault',
    '- a worker was away 3 times, for 12.0 s: meanwhile 99 of 100 requests for owners of other workers were answered, and 0 of 90 for its own',
    '- shards moved: 2 times; not moved: 1 the node is away',
  ])
})

test('without doubts, absences and moves it says so', () => {
  const none = { sent: 0, answered: 0 }
  expect(
    clusterLines({
      doubts: { seen: 0, inDoubtMs: [], seenAt: 0 },
      lastFault: 60_500,
      absences: { times: 0, ms: 0, living: none, own: none },
      moves: { done: 0, failed: new Map() },
    }),
  ).toEqual([
    '- 0 prepared transactions were seen, 0 of them in doubt, for 0.0 s at most; the last was gone 0.0 s after the last fault',
    expect.stringMatching(/^- a worker was away 0 times/),
    '- shards moved: 0 times; not moved: none',
  ])
})
