import { expect, test } from 'vitest'
import { createBacklog } from '../src/posting/backlog.ts'
import { draftOf, idsOf, jobMaker } from './jobs.ts'

/** Makes a backlog with a job for each id, and returns the jobs by their place as well. */
function backlogOf(...ids: string[]) {
  const { jobOf, told } = jobMaker()
  const jobs = ids.map((id) => jobOf(draftOf(id)))
  const backlog = createBacklog<string>()
  for (const job of jobs) backlog.add(job)
  return { backlog, jobs, jobOf, told }
}

test('an account is in one call at a time, also as the second account of a transaction', () => {
  const { backlog } = backlogOf('ann', 'bob ann', 'bob', 'eve')
  const first = backlog.take(1)
  expect(idsOf(first)).toEqual(['ann'])
  expect(idsOf(backlog.take(10))).toEqual(['eve'])
  expect(backlog.queued).toBe(2)
  backlog.release(first)
  expect(idsOf(backlog.take(10))).toEqual(['bob ann', 'bob'])
})

test('a job for a busy account leaves the queue, and returns to its place once the account is free', () => {
  const { backlog } = backlogOf('ann', 'ann bob', 'bob')
  const [ann, ...others] = backlog.take(1)
  backlog.postpone(ann ? [ann] : [], new Set(['ann']))
  if (ann) backlog.release([ann])
  expect(others).toEqual([])
  expect(idsOf(backlog.take(10))).toEqual(['bob'])
  expect([backlog.queued, backlog.busyAccounts]).toEqual([0, 1])
  backlog.free(['ann'])
  expect([backlog.queued, backlog.busyAccounts]).toEqual([2, 0])
  expect(idsOf(backlog.take(1))).toEqual(['ann'])
})

test('a look takes one job of each busy account, and a turn takes all jobs for one account alone', () => {
  const { backlog, jobs } = backlogOf('ann', 'ann', 'ann bob', 'eve', 'eve')
  backlog.postpone(jobs, new Set(['ann', 'eve']))
  const look = backlog.takeOneOfEach(10)
  expect(idsOf(look)).toEqual(['ann', 'eve'])
  expect(backlog.takeLine(10)).toEqual([])
  backlog.release(look)
  const turn = backlog.takeLine(10)
  expect(turn).toEqual([jobs[1]])
  expect(backlog.takeOneOfEach(10)).toEqual([jobs[4]])
})

test('a job that waits too long for a busy account is given up, and the account is forgotten', () => {
  const { backlog, jobOf, told } = backlogOf()
  const soon = performance.now() + 20
  backlog.postpone([jobOf(draftOf('late'), 0), jobOf(draftOf('ann'), soon)], new Set(['late', 'ann']))
  expect(told).toEqual({ late: 'ACCOUNT_BUSY' })
  while (performance.now() < soon);
  backlog.giveUpOverdue()
  expect(told).toEqual({ late: 'ACCOUNT_BUSY', ann: 'ACCOUNT_BUSY' })
  expect(backlog.busyAccounts).toBe(0)
})
