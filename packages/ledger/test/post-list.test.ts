import { expect, test } from 'vitest'
import { brokenBooks, openGames, stopClockAt } from './open-ledger.ts'

const { ledger, sql } = await openGames()

// ledger.post takes any list of transactions; these are lists that no command sends today.

const start = '2026-11-22T10:00:00Z'
const request = (nonce: string, ...lines: object[]) => ({
  id: crypto.randomUUID(),
  nonce,
  metadata: {},
  lines,
})
const line = (account: number, operation: string, amount: number, rest: object = {}) => ({
  account,
  operation,
  amount,
  ...rest,
})

async function post(owners: readonly string[], ...requests: object[]) {
  const { rows } = await sql.query("SELECT ledger.post('games', $1, $2, false) AS answers", [
    owners,
    JSON.stringify(requests),
  ])
  return rows[0].answers
}

async function holdOf(ownerId: string, amount: number, expiresIn: number): Promise<string> {
  const held = await ledger.holdCredits({
    ownerId,
    operation: 'CREDIT_SPEND',
    amount,
    nonce: `h ${expiresIn}`,
    expiresIn,
  })
  if (!held.ok) throw held.error
  return held.hold.id
}

const add = (ownerId: string, amount: number) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: 'in' })

test('a hold that is captured twice in one list is captured once', async () => {
  await stopClockAt(sql, start)
  await add('a', 10)
  const hold_id = await holdOf('a', 5, 60)
  const capture = (nonce: string, amount: number) =>
    request(nonce, line(1, 'CREDIT_SPEND', amount, { hold_id }))
  const twice = request(
    'both',
    line(1, 'CREDIT_SPEND', -1, { hold_id }),
    line(1, 'CREDIT_SPEND', -1, { hold_id }),
  )
  const answers = await post(['a'], twice, capture('c1', -3), capture('c2', -1))
  expect(answers).toMatchObject([
    { outcome: 'hold_captured', line: 1, balance: { amount: 10, held: 5 } },
    { outcome: 'posted', balances: [{ amount: 7, held: 0 }] },
    { outcome: 'hold_captured', details: { status: 'CAPTURED' } },
  ])
  expect(await ledger.hold(hold_id)).toMatchObject({
    status: 'CAPTURED',
    capturedBy: answers[1].entries[0].id,
  })
  expect(await brokenBooks(sql)).toEqual([])
})

test('what a list has captured is not held again when another hold expires within it', async () => {
  await stopClockAt(sql, start)
  await add('b', 20)
  const hold_id = await holdOf('b', 5, 60)
  await holdOf('b', 7, 10)
  // The other account's clock is ahead, so that the second transaction is later than the first.
  await stopClockAt(sql, '2026-11-22T10:00:20Z')
  await add('ahead', 1)
  await stopClockAt(sql, start)
  const answers = await post(
    ['b', 'ahead'],
    request('c', line(1, 'CREDIT_SPEND', -5, { hold_id })),
    request('t', line(2, 'CREDIT_ADD', 1), line(1, 'CREDIT_SPEND', -1)),
  )
  expect(answers).toMatchObject([
    { outcome: 'posted', balances: [{ amount: 15, held: 7 }] },
    { outcome: 'posted', balances: [{ ownerId: 'ahead' }, { amount: 14, held: 0, available: 14 }] },
  ])
  await stopClockAt(sql, '2026-11-22T10:00:20Z')
  expect(await brokenBooks(sql)).toEqual([])
})

test('an entry that is reversed or refunded twice in one list is so once', async () => {
  await stopClockAt(sql, start)
  await add('c', 10)
  const id = (await ledger.entryByNonce('c', 'in'))?.id
  const reversal = (nonce: string) => request(nonce, line(1, 'CREDIT_ADD', -10, { reverses: id }))
  const refund = (nonce: string, amount: number) =>
    request(nonce, line(1, 'CREDIT_ADD', amount, { refunds: id }))
  const answers = await post(
    ['c'],
    refund('f1', -4),
    refund('f2', -7),
    reversal('r1'),
    refund('f3', -6),
    refund('f4', -1),
  )
  expect(answers).toMatchObject([
    { outcome: 'posted' },
    { outcome: 'refund_exceeded', details: 6 },
    { outcome: 'already_refunded', details: 6 },
    { outcome: 'posted', balances: [{ amount: 0 }] },
    { outcome: 'refund_exceeded', details: 0 },
  ])
  await add('d', 10)
  const other = (await ledger.entryByNonce('d', 'in'))?.id
  const again = (nonce: string) => request(nonce, line(1, 'CREDIT_ADD', -10, { reverses: other }))
  expect(await post(['d'], again('r1'), again('r2'), again('r1'))).toMatchObject([
    { outcome: 'posted' },
    { outcome: 'already_reversed' },
    { outcome: 'duplicate' },
  ])
  expect(await brokenBooks(sql)).toEqual([])
})

test('a transaction of several owners sent twice in one list is identical, in whatever order its owners are locked', async () => {
  await stopClockAt(sql, start)
  const lines = [line(2, 'CREDIT_ADD', 3), line(1, 'CREDIT_ADD', 2), line(2, 'CREDIT_SPEND', -1)].map(
    (each) => ({
      ...each,
      requested: each.amount,
    }),
  )
  const answers = await post(
    ['x', 'y'],
    request('same', ...lines),
    request('same', ...lines),
    request('same', ...lines.toReversed()),
  )
  expect(answers).toMatchObject([
    { outcome: 'posted' },
    { outcome: 'duplicate', identical: true, entry: { ownerId: 'y', seq: 1 } },
    { outcome: 'duplicate', identical: false },
  ])
})

test('a correction of the wrong sign, size or operation is refused', async () => {
  await stopClockAt(sql, start)
  await add('e', 10)
  const id = (await ledger.entryByNonce('e', 'in'))?.id
  const answers = await post(
    ['e', 'f'],
    request('1', line(1, 'CREDIT_ADD', 10, { reverses: id })),
    request('2', line(1, 'CREDIT_ADD', -9, { reverses: id })),
    request('3', line(1, 'DAILY_REWARD', -10, { reverses: id })),
    request('4', line(1, 'CREDIT_ADD', 1, { refunds: id })),
    request('5', line(1, 'CREDIT_ADD', 0, { refunds: id })),
    request('6', line(2, 'CREDIT_ADD', -1, { refunds: id })),
    request('7', line(1, 'CREDIT_SPEND', 3, { hold_id: 1 })),
  )
  expect(answers.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'not_reversible',
    'not_reversible',
    'entry_not_found',
    'refund_exceeded',
    'refund_exceeded',
    'entry_not_found',
    'hold_not_found',
  ])
  expect(await ledger.balance('e')).toMatchObject({ amount: 10 })
})
