import { describe, expect, test } from 'vitest'
import { Audit } from '../audit/audit.ts'
import type { AccountRow, AppRow, EntryRow, HoldRow } from '../audit/rows.ts'
import { Journal } from '../journal.ts'
import type { Done, Outcome, ToldEntry } from '../outcome.ts'
import type { App, Request } from '../requests.ts'

const refused: Outcome = { is: 'refused', code: 'INSUFFICIENT_BALANCE' }
const unknown: Outcome = { is: 'unknown', why: 'TIMEOUT' }

const createdOn = '2026-11-29T22:00:00.000Z'

/** Returns an entry's row as a client is told of it. */
function told(row: EntryRow): ToldEntry {
  return {
    id: row.id,
    owner: row.owner_id,
    operation: row.operation,
    amount: Number(row.amount),
    balanceAfter: Number(row.balance_after),
    nonce: row.nonce,
    transactionId: row.transaction_id,
    createdOn: row.created_on,
  }
}

function done(rows: readonly EntryRow[], hold?: Done['hold']): Done {
  return { is: 'done', entries: rows.map(told), isReplay: false, ...(hold && { hold }) }
}

const add = {
  kind: 'entry',
  nonce: 'add',
  line: { owner: 'ada', operation: 'CREDIT_ADD', amount: 20 },
} as const satisfies Request
const spend: Request = {
  kind: 'entry',
  nonce: 'spend',
  line: { owner: 'ada', operation: 'CREDIT_SPEND', amount: -90 },
}
const hold = {
  kind: 'hold',
  nonce: 'hold',
  line: { owner: 'ada', operation: 'CREDIT_SPEND', amount: -4 },
  expiresIn: 60,
} as const satisfies Request
const capture: Request = {
  kind: 'capture',
  nonce: 'capture',
  holdId: '3',
  amount: undefined,
  line: { owner: 'ada', operation: 'CREDIT_SPEND', amount: -4 },
}
const content: Request = { kind: 'content', nonce: 'content', owner: 'ada' }
const transfer: Request = { kind: 'transfer', nonce: 'transfer', from: 'bob', to: 'eve', amount: 2 }
const release: Request = { kind: 'release', holdId: '4', owner: 'ada' }

/** Everything that was written, without a fault. */
interface Written {
  entries: EntryRow[]
  holds: HoldRow[]
  accounts: AccountRow[]
  appRows: AppRow[]
}

function entry(row: Pick<EntryRow, 'id' | 'operation' | 'amount' | 'nonce'> & Partial<EntryRow>): EntryRow {
  return {
    app: 'content',
    owner_id: 'ada',
    seq: '1',
    balance_after: row.amount,
    transaction_id: `transaction ${row.nonce}`,
    created_on: createdOn,
    hold_id: null,
    expired_from: null,
    ...row,
  }
}

const account = (row: Partial<AccountRow>): AccountRow => ({
  book: 'content',
  owner_id: 'ada',
  balance: '11',
  overdraft: '0',
  held: '0',
  seq: '3',
  ...row,
})

function allWritten(): Written {
  const bob = { app: 'freelance', owner_id: 'bob', nonce: 'transfer' }
  return {
    entries: [
      entry({ id: '1', operation: 'CREDIT_ADD', amount: '20', nonce: 'add' }),
      entry({
        id: '2',
        operation: 'CREDIT_SPEND',
        amount: '-4',
        nonce: 'capture',
        seq: '2',
        balance_after: '16',
        hold_id: '3',
      }),
      entry({
        id: '3',
        operation: 'CONTENT_CREATION',
        amount: '-5',
        nonce: 'content',
        seq: '3',
        balance_after: '11',
      }),
      entry({ id: '4', operation: 'CREDIT_ADD', amount: '2', ...bob, nonce: 'gift' }),
      entry({ id: '5', operation: 'TRANSFER_OUT', amount: '-2', ...bob, seq: '2', balance_after: '0' }),
      entry({ id: '6', operation: 'TRANSFER_IN', amount: '2', ...bob, owner_id: 'eve' }),
    ],
    holds: [
      {
        app: 'content',
        owner_id: 'ada',
        id: '3',
        operation: 'CREDIT_SPEND',
        amount: '4',
        nonce: 'hold',
        is_released: true,
        captured_by: '2',
      },
      {
        app: 'content',
        owner_id: 'ada',
        id: '4',
        operation: 'CREDIT_SPEND',
        amount: '4',
        nonce: 'other hold',
        is_released: true,
        captured_by: null,
      },
    ],
    accounts: [
      account({}),
      account({ book: 'freelance', owner_id: 'bob', balance: '0', seq: '2' }),
      account({ book: 'freelance', owner_id: 'eve', balance: '2', seq: '1' }),
    ],
    appRows: [{ app: 'content', nonce: 'content', posted: '3' }],
  }
}

/** Makes a journal whose clients were told exactly what was written. */
function toldAll({ entries }: Written): Journal {
  const journal = new Journal()
  const of = (nonce: string) => entries.filter((row) => row.nonce === nonce)
  const gift: Request = { ...add, nonce: 'gift', line: { ...add.line, owner: 'bob', amount: 2 } }
  const answers: [App, Request, Outcome][] = [
    ['content', add, done(of('add'))],
    ['content', spend, refused],
    ['content', hold, done([], { id: '3', status: 'HELD' })],
    ['content', { ...hold, nonce: 'other hold' }, done([], { id: '4', status: 'HELD' })],
    ['content', capture, done(of('capture'), { id: '3', status: 'CAPTURED' })],
    ['content', release, done([], { id: '4', status: 'RELEASED' })],
    ['content', content, done(of('content'))],
    ['freelance', gift, done(of('gift'))],
    ['freelance', transfer, done(of('transfer'))],
  ]
  for (const [app, request, outcome] of answers) answer(journal, app, request, outcome)
  return journal
}

function answer(journal: Journal, app: App, request: Request, outcome: Outcome): boolean {
  journal.begin(app, request)
  return journal.take({ app, request, way: 'REST', circumstances: 'in a test' }, [outcome])
}

function violations(journal: Journal, written: Written): readonly string[] {
  const audit = new Audit(journal)
  for (const row of written.entries) audit.entry(row)
  for (const row of written.holds) audit.hold(row)
  for (const row of written.accounts) audit.account(row)
  for (const row of written.appRows) audit.appRow(row)
  return [...journal.violations, ...audit.finish()]
}

test('a ledger with exactly what clients were told passes', () => {
  const written = allWritten()
  expect(violations(toldAll(written), written)).toEqual([])
})

/** Each way in which the ledger may contradict what clients were told, and the message about it. */
const breakages: readonly (readonly [string, (written: Written) => void, RegExp])[] = [
  ['an acknowledged entry is lost', ({ entries }) => entries.splice(0, 1), /^lost: content entry "add"/],
  ['half a transaction is lost', ({ entries }) => entries.splice(5, 1), /^lost: freelance transfer/],
  [
    'an acknowledged entry has another id',
    ({ entries }) => change(entries, 0, { id: '99' }),
    /^lost: an entry that the client was told of: content entry "add"/,
  ],
  [
    'an entry is there twice',
    ({ entries }) => entries.splice(1, 0, { ...entries[0]!, id: '7', seq: '2', balance_after: '40' }),
    /^doubled: entry .*"id":"7"/,
  ],
  [
    'a posting has two transactions',
    ({ entries }) => change(entries, 5, { transaction_id: 'another' }),
    /^doubled: freelance transfer "transfer".* has several transactions/,
  ],
  [
    'an entry that nobody asked for',
    ({ entries }) => entries.push(entry({ id: '8', operation: 'CREDIT_ADD', amount: '1', nonce: 'x' })),
    /^not asked for: entry .*"id":"8"/,
  ],
  [
    'an entry of another amount than was asked for',
    ({ entries }) => change(entries, 0, { amount: '21' }),
    /^not asked for: entry .*"amount":"21"/,
  ],
  [
    'a balance below the floor',
    ({ entries }) => change(entries, 2, { balance_after: '-1' }),
    /^below the floor: entry 3 of content ada leaves -1/,
  ],
  [
    'less than nothing is available',
    ({ accounts }) => change(accounts, 0, { held: '12' }),
    /^below the floor: content ada has -1 available/,
  ],
  [
    'another balance than was told',
    ({ entries }) => change(entries, 0, { balance_after: '21' }),
    /^changed: the client was told .*"balanceAfter":20/,
  ],
  [
    'another moment than was told',
    ({ entries }) => change(entries, 0, { created_on: '2026-11-29T22:00:00.001Z' }),
    /^changed: the client was told /,
  ],
  [
    'an entry that does not follow the one before',
    ({ entries }) => change(entries, 1, { seq: '3' }),
    /^changed: entry 2 of content ada does not follow/,
  ],
  [
    'an account that its entries do not add up to',
    ({ accounts }) => change(accounts, 2, { balance: '3' }),
    /^changed: freelance eve has 3 after 1 entries; they add up to 2 after 1/,
  ],
  [
    'a refused request is written',
    ({ entries }) =>
      entries.splice(1, 0, entry({ id: '9', operation: 'CREDIT_SPEND', amount: '-90', nonce: 'spend' })),
    /^refused, and written: content entry "spend"/,
  ],
  ['a hold is lost', ({ holds }) => holds.splice(0, 1), /^lost: content hold "hold"/],
  [
    'a hold of another amount',
    ({ holds }) => change(holds, 0, { amount: '5' }),
    /^changed: content hold "hold"/,
  ],
  [
    'a hold is there twice',
    ({ holds }) => holds.push({ ...holds[0]!, id: '5' }),
    /^doubled: hold .*"id":"5"/,
  ],
  [
    'a capture that its hold knows nothing of',
    ({ holds }) => change(holds, 0, { captured_by: null }),
    /^lost: the hold of content capture/,
  ],
  [
    'a release is lost',
    ({ holds }) => change(holds, 1, { is_released: false }),
    /^lost: the release of hold 4/,
  ],
  ['a content is lost', ({ appRows }) => appRows.splice(0, 1), /^lost: the content of content content/],
  [
    'a content is there twice',
    ({ appRows }) => appRows.push({ app: 'content', nonce: 'content', posted: '3' }),
    /^doubled: row /,
  ],
  [
    'a project was paid that nobody paid',
    ({ appRows }) => appRows.push({ app: 'freelance', nonce: 'nobody', posted: 'transaction transfer' }),
    /^not asked for: row /,
  ],
]

function change<Row extends object>(rows: Row[], at: number, changes: Partial<Row>): void {
  rows[at] = { ...rows[at]!, ...changes }
}

describe('contradictions of the ledger are found', () => {
  test.each(breakages)('%s', (_what, spoil, expected) => {
    const written = allWritten()
    const journal = toldAll(written)
    spoil(written)
    expect(violations(journal, written)).toContainEqual(expect.stringMatching(expected))
  })
})

describe('credits that expire', () => {
  const expiresOn = '2026-11-29T22:00:05.000Z'
  const reward: Request = { kind: 'reward', nonce: 'reward', owner: 'ada', expiresOn }
  const given = entry({ id: '1', operation: 'DAILY_REWARD', amount: '1', nonce: 'reward' })
  const expiry = entry({
    ...{
      id: '2',
      operation: 'CREDIT_EXPIRED',
      amount: '-1',
      nonce: 'of nobody',
      seq: '2',
      balance_after: '0',
    },
    ...{ created_on: expiresOn, expired_from: 'reward' },
  })
  const found = (...entries: EntryRow[]) => {
    const journal = new Journal()
    answer(journal, 'content', reward, done([given]))
    return violations(journal, { entries: [given, ...entries], holds: [], accounts: [], appRows: [] })
  }

  test('expire by entries that nobody asks for', () => {
    expect(found(expiry)).toEqual([])
  })

  test.each([
    ['twice', { ...expiry, id: '3', seq: '3', balance_after: '-1' }, /^doubled: entry .*"id":"3"/],
    [
      'too early',
      { ...expiry, created_on: createdOn, seq: '3' },
      /^lost: .* comes before 2026-11-29T22:00:05/,
    ],
    ['without a grant', { ...expiry, expired_from: null }, /^not asked for: entry /],
    ['from credits for ever', { ...expiry, expired_from: 'add' }, /^not asked for: entry /],
  ] as const)('that do so %s are found', (_what, row, expected) => {
    expect(found(expiry, row)).toContainEqual(expect.stringMatching(expected))
  })
})

describe('contradictions of answers are found', () => {
  const written = allWritten()
  const row = written.entries[0]!
  test.each([
    ['another entry for the same nonce', done([{ ...row, id: '70' }]), /^lost: an entry/],
    ['the same entry with another balance', done([{ ...row, balance_after: '7' }]), /the answer has changed/],
    ['a refusal of what was acknowledged', refused, /acknowledged, and then refused/],
    ['an answer that no client may get', { is: 'wrong', what: '500 {}' } as const, /in a test: 500 \{\}/],
  ] as const)('%s', (_what, second, expected) => {
    const journal = toldAll(written)
    answer(journal, 'content', add, second)
    expect(violations(journal, written)).toContainEqual(expect.stringMatching(expected))
  })

  test('an acknowledgement after a refusal, when nothing was in doubt', () => {
    const journal = toldAll(written)
    answer(journal, 'content', spend, done([row]))
    expect(violations(journal, written)).toContainEqual(
      expect.stringMatching(/refused, and then acknowledged/),
    )
  })

  test('a hold that becomes another one', () => {
    const journal = toldAll(written)
    answer(journal, 'content', hold, done([], { id: '33', status: 'HELD' }))
    expect(violations(journal, written)).toContainEqual(expect.stringMatching(/hold 3 is now hold 33/))
  })
})

describe('unknown outcomes', () => {
  const written = allWritten()
  const of = (nonce: string) => done(written.entries.filter((row) => row.nonce === nonce))

  test('an outcome that stays open is found', () => {
    const journal = toldAll(written)
    expect(answer(journal, 'content', { ...add, nonce: 'late' }, unknown)).toBe(false)
    expect(journal.openRequests).toEqual([{ app: 'content', request: { ...add, nonce: 'late' } }])
    expect(violations(journal, written)).toEqual([expect.stringMatching(/^unresolved: content entry "late"/)])
  })

  test('one that was carried out is resolved by the same nonce', () => {
    const journal = new Journal()
    answer(journal, 'content', add, unknown)
    expect(answer(journal, 'content', add, { ...of('add'), isReplay: true })).toBe(true)
    expect(journal.openRequests).toEqual([])
    expect([...journal.records]).toMatchObject([{ state: 'done', wasUnknown: true, wasFound: true }])
    expect(journal.violations).toEqual([])
  })

  test('one that was not carried out is posted by the same nonce', () => {
    const journal = new Journal()
    answer(journal, 'content', add, unknown)
    answer(journal, 'content', add, of('add'))
    expect([...journal.records]).toMatchObject([{ state: 'done', wasUnknown: true, wasFound: false }])
  })

  test('an unanswered attempt may overtake the refusal of a later one, which is sent once more at the end', () => {
    const journal = new Journal()
    answer(journal, 'content', add, unknown)
    expect(answer(journal, 'content', add, refused)).toBe(true)
    expect(journal.openRequests).toHaveLength(1)
    journal.settle()
    answer(journal, 'content', add, of('add'))
    expect([journal.openRequests, journal.violations]).toEqual([[], []])
  })

  test('a final refusal stays', () => {
    const journal = new Journal()
    answer(journal, 'content', add, unknown)
    answer(journal, 'content', add, refused)
    journal.settle()
    answer(journal, 'content', add, refused)
    answer(journal, 'content', add, of('add'))
    expect(journal.violations).toEqual([expect.stringMatching(/refused, and then acknowledged/)])
  })

  test('of two attempts at once, one may be refused before or after the other is acknowledged', () => {
    for (const outcomes of [[refused, of('add')] as const, [of('add'), refused] as const]) {
      const journal = new Journal()
      const source = { app: 'content', request: add, way: 'GraphQL', circumstances: '' } as const
      for (const _ of outcomes) journal.begin('content', add, { isRaced: true })
      for (const outcome of outcomes) journal.take(source, [outcome])
      journal.endRace('content', add)
      expect([...journal.records]).toMatchObject([{ state: 'done' }])
      expect(journal.violations).toEqual([])
    }
  })
})
