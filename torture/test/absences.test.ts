import { expect, test } from 'vitest'
import { Absences } from '../absences.ts'
import type { Outcome } from '../outcome.ts'
import type { Request } from '../requests.ts'

const done: Outcome = { is: 'done', entries: [], isReplay: false }
const unknown: Outcome = { is: 'unknown', why: 'DATABASE_UNAVAILABLE' }

const transfer = (from: string, to: string): Request => ({
  kind: 'transfer',
  nonce: 'n',
  from,
  to,
  amount: 1,
})

test('only what is answered while a worker is away counts, by whether all owners are elsewhere', () => {
  const absences = new Absences()
  absences.send(transfer('ada', 'bob'))([done])
  const late = absences.send(transfer('ada', 'bob'))
  const end = absences.begin(new Set(['ada', 'bob']))
  late([done])
  absences.send(transfer('ada', 'bob'))([done])
  absences.send(transfer('ada', 'bob'))([unknown])
  absences.send(transfer('ada', 'eve'))([unknown])
  absences.send({ kind: 'release', holdId: '3', owner: 'ada' })([done])
  const waiting = absences.send(transfer('ada', 'eve'))
  end()
  waiting([done])
  absences.send(transfer('ada', 'bob'))([done])
  expect(absences).toMatchObject({
    times: 1,
    living: { sent: 2, answered: 1 },
    own: { sent: 2, answered: 0 },
  })
})

test('a hold counts by its owner', () => {
  const absences = new Absences()
  absences.begin(new Set(['ada']))
  const line = { owner: 'ada', operation: 'CREDIT_SPEND', amount: -1 } as const
  absences.send({ kind: 'hold', nonce: 'h', line, expiresIn: 60 })([
    { is: 'refused', code: 'INSUFFICIENT_BALANCE' },
  ])
  expect(absences.living).toEqual({ sent: 1, answered: 1 })
})
