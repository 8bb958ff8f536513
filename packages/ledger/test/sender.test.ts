import { expect, test } from 'vitest'
import { AccountBusyError, DatabaseUnavailableError, TransactionConflictError } from '../src/errors.ts'
import { createBacklog } from '../src/posting/backlog.ts'
import type { Draft } from '../src/posting/draft.ts'
import { createSender, LockedElsewhere } from '../src/posting/sender.ts'
import { draftOf, idsOf, jobMaker } from './jobs.ts'

/** Sends a job for each draft in one call. `post` decides the result of each call, by its number from 1. */
async function send(
  drafts: readonly Draft[],
  post: (ids: readonly string[], call: number) => readonly (string | LockedElsewhere)[],
  deadline?: number,
) {
  const { jobOf, told } = jobMaker()
  const calls: (readonly string[])[] = []
  const backlog = createBacklog<string>()
  const sender = createSender<string>(async (sent) => {
    const ids = sent.map(({ id }) => id)
    return post(ids, calls.push(ids))
  }, backlog)
  const jobs = drafts.map((draft) => jobOf(draft, deadline))
  await sender(jobs, 0)
  return { backlog, calls, told }
}

const drafts = (...ids: string[]) => ids.map((id) => draftOf(id))
const posted = (ids: readonly string[]) => ids.map((id) => `${id} posted`)
const conflict = new TransactionConflictError('conflict')
const unavailable = new DatabaseUnavailableError('unavailable')

test('every caller gets the outcome of its own job', async () => {
  const { calls, told } = await send(drafts('ann', 'bob'), posted)
  expect(calls).toEqual([['ann', 'bob']])
  expect(told).toEqual({ ann: 'ann posted', bob: 'bob posted' })
})

test('a job whose account is locked elsewhere is not answered, and waits for that account', async () => {
  const { backlog, told } = await send(drafts('ann bob', 'eve'), () => [
    new LockedElsewhere(['bob']),
    'posted',
  ])
  expect(told).toEqual({ eve: 'posted' })
  expect([backlog.queued, backlog.busyAccounts]).toEqual([0, 1])
  expect(backlog.takeLine(10)).toEqual([])
  expect(idsOf(backlog.takeOneOfEach(10))).toEqual(['ann bob'])
})

test('when a call gets no lock, all of its jobs wait', async () => {
  const { backlog, calls, told } = await send(drafts('ann', 'bob'), () => {
    throw new AccountBusyError()
  })
  expect([calls.length, told, backlog.busyAccounts]).toEqual([1, {}, 2])
})

test.each([conflict, unavailable])('what may pass is sent again, five times in all: %o', async (error) => {
  const passing = await send(drafts('ann', 'bob'), (ids, call) => {
    if (call < 3) throw error
    return posted(ids)
  })
  expect(passing.calls).toHaveLength(3)
  expect(passing.told).toEqual({ ann: 'ann posted', bob: 'bob posted' })
  const lasting = await send(drafts('ann', 'bob'), () => {
    throw error
  })
  expect(lasting.calls).toHaveLength(5)
  expect(lasting.told).toEqual({ ann: error.code, bob: error.code })
})

test('an overdue job is not sent again', async () => {
  const failing = () => {
    throw conflict
  }
  const { calls, told } = await send(drafts('ann'), failing, 0)
  expect([calls.length, told]).toEqual([1, { ann: 'TRANSACTION_CONFLICT' }])
})

test('a hold is not sent again when its answer was lost', async () => {
  const { calls, told } = await send([draftOf('ann', { holdMs: 1 }), draftOf('bob')], (ids, call) => {
    if (call === 1) throw unavailable
    return posted(ids)
  })
  expect(calls).toEqual([['ann', 'bob'], ['bob']])
  expect(told).toEqual({ ann: 'DATABASE_UNAVAILABLE', bob: 'bob posted' })
})

test('a job that makes its call fail is found by halving, and fails alone', async () => {
  const { calls, told } = await send(drafts('ann', 'bob', 'poison', 'eve'), (ids) => {
    if (ids.includes('poison')) throw new Error('poisoned')
    return posted(ids)
  })
  expect(calls.map((ids) => ids.length)).toEqual([4, 2, 2, 1, 1])
  expect(told).toEqual({
    ann: 'ann posted',
    bob: 'bob posted',
    poison: 'Error: poisoned',
    eve: 'eve posted',
  })
})

test('a caller whose draft the call left out gets an error', async () => {
  const { told } = await send(drafts('ann', 'bob'), () => ['posted'])
  expect(told).toEqual({ ann: 'posted', bob: 'Error: ledger.post left a draft out' })
})
