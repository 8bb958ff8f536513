import { afterEach, expect, test, vi } from 'vitest'
import type { Outcome } from '../outcome.ts'
import { parsePausesOptions } from '../pauses/options.ts'
import { Pauses } from '../pauses/pauses.ts'
import { phaseTable } from '../pauses/report.ts'
import type { Request } from '../requests.ts'

const done: Outcome = { is: 'done', entries: [], isReplay: false }
const unknown: Outcome = { is: 'unknown', why: 'DATABASE_UNAVAILABLE' }

const request = (nonce: string): Request => ({
  kind: 'entry',
  nonce,
  line: { owner: 'ada', operation: 'CREDIT_ADD', amount: 1 },
})

afterEach(() => void vi.useRealTimers())

test('a pause lasts over all attempts of a request, and counts in each phase that it touched', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const pauses = new Pauses()
  const [quick, slow, lost] = [request('quick'), request('slow'), request('lost')]
  pauses.begin('before')
  const quickly = pauses.send(quick)
  vi.advanceTimersByTime(10)
  quickly([done])
  const first = pauses.send(slow)
  vi.advanceTimersByTime(100)
  pauses.begin('distributed')
  first([unknown])
  vi.advanceTimersByTime(4_000)
  pauses.send(slow)([done])
  pauses.begin('after')
  pauses.send(lost)([unknown])
  vi.advanceTimersByTime(7_000)
  pauses.end()
  expect(pauses.phases).toMatchObject([
    { name: 'before', answered: 1, longestMs: 4_100 },
    { name: 'distributed', answered: 1, longestMs: 4_100 },
    { name: 'after', answered: 0, longestMs: 7_000 },
  ])
  expect(phaseTable(pauses.phases).split('\n')).toEqual([
    '| what was done | s | requests answered | longest pause of one (s) |',
    '| --- | ---: | ---: | ---: |',
    '| before | 0.1 | 1 | 4.1 |',
    '| distributed | 4.0 | 1 | 4.1 |',
    '| after | 7.0 | 0 | 7.0 |',
  ])
})

test('two attempts at once are one request', () => {
  const pauses = new Pauses()
  pauses.begin('race')
  const raced = request('raced')
  const answers = [pauses.send(raced), pauses.send(raced)]
  for (const answer of answers) answer([done])
  expect(pauses.phases).toMatchObject([{ answered: 1 }])
})

test('a run distributes a million entries over two workers when nothing else is asked for', () => {
  expect(parsePausesOptions([])).toEqual({ workers: 2, entries: 1_000_000, seconds: 10, seed: 1 })
  expect(parsePausesOptions(['--entries', '2000', '--cluster', '3', '--seconds', '5'])).toMatchObject({
    workers: 3,
    entries: 2_000,
    seconds: 5,
  })
  expect(parsePausesOptions(['--help'])).toBeUndefined()
  expect(() => parsePausesOptions(['--entries', 'many'])).toThrow('--entries must be a number from 0 on')
})
