import { beforeAll, expect, test } from 'vitest'
import { allRows, openGames, stopClockAt } from './open-ledger.ts'

const { ledger, posted, prisma, sql } = await openGames()

let spent: { id: string; transactionId: string }
let held: { id: string }

beforeAll(async () => {
  await stopClockAt(sql, '2026-11-22T10:00:00Z')
  await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 20, nonce: 'in' })
  const spend = await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_SPEND', amount: 5, nonce: 'out' })
  const hold = await ledger.holdCredits({
    ownerId: 'ada',
    operation: 'CREDIT_SPEND',
    amount: 6,
    nonce: 'h',
    expiresIn: 60,
  })
  // This hold expires before the test runs. A dry run must not even write that down.
  await ledger.holdCredits({
    ownerId: 'ada',
    operation: 'CREDIT_SPEND',
    amount: 1,
    nonce: 'h2',
    expiresIn: 1,
  })
  if (!spend.ok || !hold.ok) throw new Error('not posted')
  spent = spend.entry
  held = hold.hold
  await stopClockAt(sql, '2026-11-22T10:00:30Z')
})

const dryRun = true

/** Returns the transaction in which the balances and the hold of an answer were seen. */
const seenIn = (told: object) =>
  Object.entries(told).flatMap(([name, value]) =>
    /^(balances?|hold)$/.test(name) ? [value].flat().map((one: { seenIn?: string }) => one.seenIn) : [],
  )

const commands: [string, () => Promise<object>, object | (() => object)][] = [
  [
    'postEntry',
    () => ledger.postEntry({ ownerId: 'new', operation: 'CREDIT_ADD', amount: 2, nonce: 'n', dryRun }),
    { entry: { id: '0', amount: 2, seq: 1, balanceAfter: 2 }, balance: { ownerId: 'new', amount: 2 } },
  ],
  [
    'postTransaction',
    () =>
      ledger.postTransaction({
        nonce: 'n',
        dryRun,
        entries: [
          { ownerId: 'ada', operation: 'CREDIT_SPEND', amount: 9 },
          { ownerId: 'new', operation: 'CREDIT_ADD', amount: 9 },
        ],
      }),
    {
      transaction: {
        entries: [
          { id: '0', balanceAfter: 6 },
          { id: '0', seq: 1 },
        ],
      },
      balances: [{ amount: 6 }, { amount: 9 }],
    },
  ],
  [
    'transfer',
    () => ledger.transfer({ from: 'ada', to: 'new', amount: 9, nonce: 'n', dryRun }),
    { balances: [{ amount: 6 }, { amount: 9 }] },
  ],
  [
    'reverseTransaction',
    () => ledger.reverseTransaction({ id: spent.transactionId, nonce: 'n', dryRun }),
    { transaction: { entries: [{ id: '0', amount: 5 }] }, balances: [{ amount: 20 }] },
  ],
  [
    'refundEntry',
    () => ledger.refundEntry({ id: spent.id, amount: 2, nonce: 'n', dryRun }),
    { entry: { id: '0', amount: 2 }, balance: { amount: 17 } },
  ],
  [
    'holdCredits',
    () =>
      ledger.holdCredits({
        ownerId: 'ada',
        operation: 'CREDIT_SPEND',
        amount: 9,
        nonce: 'n',
        expiresIn: 5,
        dryRun,
      }),
    { hold: { id: '0', status: 'HELD' }, balance: { amount: 15, held: 15, available: 0 } },
  ],
  [
    'captureHold',
    () => ledger.captureHold({ id: held.id, nonce: 'n', dryRun }),
    () => ({
      entry: { id: '0', amount: -6 },
      hold: { id: held.id, status: 'CAPTURED', capturedBy: '0' },
      balance: { amount: 9, held: 0 },
    }),
  ],
]

test.each(commands)(
  'a dry run of %s answers the outcome, and writes nothing',
  async (_name, run, outcome) => {
    const before = await allRows(sql)
    posted.length = 0
    const told = await run()
    expect(told).toMatchObject({ ok: true, ...(typeof outcome === 'function' ? outcome() : outcome) })
    expect([...new Set(seenIn(told))]).toEqual([expect.stringMatching(/^[\da-f-]{36}$/)])
    expect(await run()).toMatchObject({ ok: true })
    expect(await allRows(sql)).toEqual(before)
    expect(posted).toEqual([])
  },
)

test('a dry run is refused like the request itself', async () => {
  const before = await allRows(sql)
  const refusals = [
    await ledger.postEntry({ ownerId: 'new', operation: 'CREDIT_SPEND', amount: 2, nonce: 'n', dryRun }),
    await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 20, nonce: 'in', dryRun }),
    await ledger.holdCredits({
      ownerId: 'new',
      operation: 'CREDIT_SPEND',
      amount: 9,
      nonce: 'n',
      expiresIn: 5,
      dryRun,
    }),
    await ledger.captureHold({ id: held.id, amount: 7, nonce: 'n', dryRun }),
    await ledger.refundEntry({ id: spent.id, amount: 6, nonce: 'n', dryRun }),
    await ledger.transfer({ from: 'new', to: 'ada', amount: 1, nonce: 'n', dryRun }),
    await ledger.postEntry({ ownerId: 'new', operation: 'CREDIT_ADD', amount: 0, nonce: 'n', dryRun }),
  ]
  expect(refusals.map((result) => !result.ok && result.error.code)).toEqual([
    'INSUFFICIENT_BALANCE',
    'DUPLICATE_NONCE',
    'INSUFFICIENT_BALANCE',
    'VALIDATION_ERROR',
    'REFUND_EXCEEDED',
    'INSUFFICIENT_BALANCE',
    'VALIDATION_ERROR',
  ])
  expect(await allRows(sql)).toEqual(before)
})

test('a dry run of a batch applies to all of it, one entry after another', async () => {
  const before = await allRows(sql)
  const results = await ledger.postEntries(
    [
      { ownerId: 'new', operation: 'CREDIT_ADD', amount: 2, nonce: '1' },
      { ownerId: 'new', operation: 'CREDIT_SPEND', amount: 1, nonce: '2' },
      { ownerId: 'new', operation: 'CREDIT_SPEND', amount: 1, nonce: '2' },
      { ownerId: 'new', operation: 'CREDIT_SPEND', amount: 2, nonce: '3' },
    ],
    { dryRun },
  )
  expect(results).toMatchObject([
    { ok: true },
    { ok: true, balance: { amount: 1 } },
    { error: { code: 'DUPLICATE_NONCE', identical: true } },
    { error: { code: 'INSUFFICIENT_BALANCE' } },
  ])
  expect(await allRows(sql)).toEqual(before)
})

test("a dry run in the app's own transaction sees it, and adds nothing to it", async () => {
  const before = await allRows(sql)
  const spend = { ownerId: 'ada', operation: 'CREDIT_SPEND', amount: 9, nonce: 'tx' } as const
  await prisma.$transaction(async (tx) => {
    expect(await ledger.postEntry({ ...spend, dryRun }, { tx })).toMatchObject({ balance: { amount: 6 } })
    expect(await ledger.postEntry({ ...spend, dryRun }, { tx })).toMatchObject({ balance: { amount: 6 } })
  })
  expect(await allRows(sql)).toEqual(before)
})

test('a list in a dry run reports its own duplicates with the id 0', async () => {
  const input = { ownerId: 'own duplicates', operation: 'CREDIT_ADD', nonce: 'twice' } as const
  const [first, second] = await ledger.postEntries([input, input], { dryRun: true })
  expect(first).toMatchObject({ ok: true, entry: { id: '0' } })
  expect(second).toMatchObject({ error: { code: 'DUPLICATE_NONCE', identical: true, entry: { id: '0' } } })
})
