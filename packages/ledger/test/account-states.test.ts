import { afterAll, describe, expect, test } from 'vitest'
import { accountOperations, createLedger, defineOperations, sharedOperations } from '../src/index.ts'
import { brokenBooks, openGames } from './open-ledger.ts'

const { pool, prisma, sql } = await openGames()
const operations = defineOperations({
  ...sharedOperations,
  ...accountOperations,
  VISIT: { amount: 0 },
  TICKET: { amount: { min: -100, max: -1 } },
})
await sql.query(`SELECT ledger.set_operations('games', $1)`, [Object.keys(operations)])
const ledger = createLedger({ app: 'games', operations, pool })
afterAll(() => ledger.close())

type Posted = 'CREDIT_ADD' | 'CREDIT_SPEND' | 'VISIT' | 'TICKET' | keyof typeof accountOperations
let nonces = 0
const post = (ownerId: string, operation: Posted, amount?: number) =>
  ledger.postEntry({
    ownerId,
    operation,
    ...(amount !== undefined && { amount }),
    nonce: `${operation} ${++nonces}`,
    metadata: { reason: 'chargeback 17' },
  })
const frozen = { ok: false, error: { code: 'ACCOUNT_FROZEN', entryIndex: 0 } }
const closed = { ok: false, error: { code: 'ACCOUNT_CLOSED' } }
const done = { ok: true }

describe('an account whose spending is frozen', () => {
  test('lets a hold be prolonged, which takes no credits, until nothing may be posted at all', async () => {
    await post('pat', 'CREDIT_ADD', 10)
    const held = await ledger.holdCredits({
      ...{ ownerId: 'pat', operation: 'TICKET', amount: 2, nonce: 'h', expiresIn: 60 },
    })
    if (!held.ok) throw held.error
    const { id, expiresOn } = held.hold
    const later = (seconds: number) => ({ id, expiresOn: new Date(expiresOn.getTime() + seconds * 1000) })
    await post('pat', 'SPENDING_FROZEN')
    expect(await ledger.captureHold({ id, amount: 1, keepRest: true, nonce: 'c' })).toMatchObject(frozen)
    expect(await ledger.prolongHold(later(60))).toMatchObject({ ok: true, hold: later(60) })
    await post('pat', 'ACCOUNT_FROZEN')
    expect(await ledger.prolongHold(later(90))).toMatchObject(frozen)
    expect(await ledger.hold(id)).toMatchObject(later(60))
  })

  test('gets credits, and lets none out', async () => {
    await post('ada', 'CREDIT_ADD', 10)
    const held = await ledger.holdCredits({
      ownerId: 'ada',
      operation: 'TICKET',
      amount: 2,
      nonce: 'h',
      expiresIn: 60,
    })
    if (!held.ok) throw held.error
    expect(await post('ada', 'SPENDING_FROZEN')).toMatchObject({
      ok: true,
      entry: {
        operation: 'SPENDING_FROZEN',
        amount: 0,
        balanceAfter: 10,
        metadata: { reason: 'chargeback 17' },
      },
      balance: { amount: 10, state: 'SPENDING_FROZEN' },
    })
    expect(await post('ada', 'CREDIT_SPEND', 1)).toMatchObject({
      error: { code: 'ACCOUNT_FROZEN', balance: { amount: 10, state: 'SPENDING_FROZEN' } },
    })
    const more = { ownerId: 'ada', operation: 'TICKET', amount: 1, nonce: 'h2', expiresIn: 60 } as const
    expect(await ledger.holdCredits(more)).toMatchObject(frozen)
    expect(await ledger.captureHold({ id: held.hold.id, nonce: 'c' })).toMatchObject(frozen)
    expect(await post('ada', 'VISIT')).toMatchObject(done)
    expect(await post('ada', 'CREDIT_ADD', 5)).toMatchObject({
      balance: { amount: 15, state: 'SPENDING_FROZEN' },
    })
    expect(await ledger.releaseHold(held.hold.id)).toMatchObject({ ok: true, balance: { held: 0 } })
    expect(await ledger.setOverdraft({ ownerId: 'ada', limit: 3 })).toMatchObject(done)
    expect(await ledger.balance('ada')).toMatchObject({ amount: 15, state: 'SPENDING_FROZEN' })
  })

  test('does not let a correction take credits either', async () => {
    const given = await post('bob', 'CREDIT_ADD', 10)
    if (!given.ok) throw given.error
    await post('bob', 'SPENDING_FROZEN')
    const { id, transactionId } = given.entry
    expect(await ledger.reverseTransaction({ id: transactionId, nonce: 'r' })).toMatchObject(frozen)
    expect(await ledger.refundEntry({ id, amount: 3, nonce: 'f' })).toMatchObject(frozen)
    await post('bob', 'ACCOUNT_OPENED')
    expect(await ledger.reverseTransaction({ id: transactionId, nonce: 'r' })).toMatchObject(done)
  })
})

test('nothing is posted to a frozen account, until it is opened again', async () => {
  const first = await post('cyd', 'CREDIT_ADD', 10)
  if (!first.ok) throw first.error
  expect(await post('cyd', 'ACCOUNT_FROZEN')).toMatchObject({ balance: { state: 'FROZEN' } })
  for (const operation of ['CREDIT_ADD', 'CREDIT_SPEND'] as const)
    expect(await post('cyd', operation, 1)).toMatchObject(frozen)
  expect(await post('cyd', 'VISIT')).toMatchObject(frozen)
  expect(await ledger.setOverdraft({ ownerId: 'cyd', limit: 3 })).toMatchObject({
    error: { code: 'ACCOUNT_FROZEN' },
  })
  const { nonce } = first.entry
  const again = { ownerId: 'cyd', operation: 'CREDIT_ADD', amount: 10, nonce } as const
  expect(await ledger.postEntry({ ...again, metadata: { reason: 'chargeback 17' } })).toMatchObject({
    error: { code: 'DUPLICATE_NONCE', identical: true, balance: { state: 'FROZEN' } },
  })
  expect(await post('cyd', 'SPENDING_FROZEN')).toMatchObject({ balance: { state: 'SPENDING_FROZEN' } })
  expect(await post('cyd', 'ACCOUNT_OPENED')).toMatchObject({ balance: { state: 'OPEN' } })
  expect(await post('cyd', 'CREDIT_SPEND', 10)).toMatchObject({ balance: { amount: 0, state: 'OPEN' } })
})

describe('an account is closed', () => {
  test('only when nothing is left in it', async () => {
    const empty = { ok: false, error: { code: 'ACCOUNT_NOT_EMPTY' } }
    await post('eve', 'CREDIT_ADD', 5)
    expect(await post('eve', 'ACCOUNT_CLOSED')).toMatchObject(empty)
    await ledger.setOverdraft({ ownerId: 'eve', limit: 3 })
    await post('eve', 'CREDIT_SPEND', 5)
    expect(await post('eve', 'ACCOUNT_CLOSED')).toMatchObject(empty)
    const hold = await ledger.holdCredits({
      ownerId: 'eve',
      operation: 'TICKET',
      amount: 1,
      nonce: 'h',
      expiresIn: 60,
    })
    if (!hold.ok) throw hold.error
    await ledger.releaseHold(hold.hold.id)
    await ledger.setOverdraft({ ownerId: 'eve', limit: 0 })
    expect(await post('eve', 'ACCOUNT_CLOSED')).toMatchObject({ ok: true, balance: { state: 'CLOSED' } })
  })

  test('and takes nothing but its opening', async () => {
    expect(await post('eve', 'CREDIT_ADD', 1)).toMatchObject(closed)
    expect(await post('eve', 'VISIT')).toMatchObject(closed)
    expect(await post('eve', 'ACCOUNT_FROZEN')).toMatchObject(closed)
    expect(await post('eve', 'ACCOUNT_CLOSED')).toMatchObject(closed)
    expect(await post('eve', 'ACCOUNT_OPENED')).toMatchObject({ balance: { state: 'OPEN' } })
    expect(await post('eve', 'CREDIT_ADD', 1)).toMatchObject({ balance: { amount: 1 } })
  })

  test('even if it was never used', async () => {
    expect(await post('new', 'ACCOUNT_CLOSED')).toMatchObject({ ok: true, entry: { seq: 1 } })
    expect(await ledger.accounts({ prefix: 'new' })).toMatchObject({
      edges: [{ node: { balance: { state: 'CLOSED' }, entryCount: 1 } }],
    })
  })
})

test('a list and a transaction meet the state of their accounts, each entry in its turn', async () => {
  const entry = (operation: Posted, nonce: string) => ({
    ...{ ownerId: 'list', operation, nonce, metadata: { reason: 'x' } },
    ...(operation === 'CREDIT_ADD' && { amount: 5 }),
  })
  const outcomes = await ledger.postEntries([
    entry('CREDIT_ADD', '1'),
    entry('ACCOUNT_FROZEN', '2'),
    entry('CREDIT_ADD', '3'),
    entry('ACCOUNT_OPENED', '4'),
    entry('CREDIT_ADD', '5'),
  ])
  expect(outcomes).toMatchObject([
    done,
    done,
    frozen,
    done,
    { ok: true, balance: { amount: 10, state: 'OPEN' } },
  ])
  await post('list', 'ACCOUNT_FROZEN')
  const both = await ledger.postTransaction({
    nonce: 't',
    entries: [
      { ownerId: 'other', operation: 'CREDIT_ADD', amount: 5 },
      { ownerId: 'list', operation: 'CREDIT_ADD', amount: 5 },
    ],
  })
  expect(both).toMatchObject({
    error: { code: 'ACCOUNT_FROZEN', entryIndex: 1, balance: { ownerId: 'list' } },
  })
  expect(await ledger.balance('other')).toMatchObject({ amount: 0 })
})

test('a state needs a reason, is alone in its transaction, and is neither held nor reversed', async () => {
  const freeze = { ownerId: 'why', operation: 'ACCOUNT_FROZEN', nonce: 'f' } as const
  const invalid = (field: string) => ({ error: { code: 'VALIDATION_ERROR', errors: [{ field }] } })
  expect(await ledger.postEntry(freeze)).toMatchObject(invalid('metadata.reason'))
  const { nonce, ...entry } = freeze
  const metadata = { reason: 'x' }
  const visit = { ownerId: 'why', operation: 'VISIT' } as const
  const together = { nonce, metadata, entries: [entry, visit] }
  expect(await ledger.postTransaction(together)).toMatchObject(invalid('entries.0.operation'))
  expect(await ledger.holdCredits({ ...freeze, metadata, expiresIn: 9 })).toMatchObject(invalid('operation'))
  const posted = await ledger.postTransaction({ nonce, metadata, entries: [entry] })
  if (!posted.ok) throw posted.error
  const { id } = posted.transaction
  expect(await ledger.reverseTransaction({ id, nonce: 'r' })).toMatchObject(invalid('id'))
})

test("is part of the app's own transaction", async () => {
  const failed = prisma.$transaction(async (tx) => {
    await ledger.postEntry(
      { ownerId: 'tx', operation: 'ACCOUNT_FROZEN', nonce: 'f', metadata: { reason: 'x' } },
      { tx },
    )
    throw new Error('changed my mind')
  })
  await expect(failed).rejects.toThrow('changed my mind')
  expect(await post('tx', 'CREDIT_ADD', 1)).toMatchObject(done)
})

test('spends and a freeze at once: whatever comes after the freeze is refused', async () => {
  await post('race', 'CREDIT_ADD', 100)
  const spends = Array.from({ length: 30 }, () => post('race', 'CREDIT_SPEND', 1))
  const freeze = post('race', 'SPENDING_FROZEN')
  const outcomes = await Promise.all([
    ...spends,
    ...Array.from({ length: 30 }, () => post('race', 'CREDIT_SPEND', 1)),
  ])
  const frozenAt = await freeze
  if (!frozenAt.ok) throw frozenAt.error
  for (const outcome of outcomes) {
    if (outcome.ok) expect(outcome.entry.seq).toBeLessThan(frozenAt.entry.seq)
    else expect(outcome.error.code).toBe('ACCOUNT_FROZEN')
  }
  expect((await ledger.balance('race')).amount).toBe(100 - outcomes.filter(({ ok }) => ok).length)
  expect(await brokenBooks(sql)).toEqual([])
})

test.each([
  ['moves credits', { amount: 1, state: 'FROZEN' }],
  ['has an unknown state', { amount: 0, state: 'MELTED' }],
  ['has a limit', { amount: 0, state: 'FROZEN', limit: { times: 1, per: 'day' } }],
])('an operation with a state that %s cannot be defined', (_what, STATE) => {
  const unchecked = { ...sharedOperations, STATE } as never
  expect(() => defineOperations(unchecked)).toThrow(/^These operations cannot be used:\n- STATE: /)
})
