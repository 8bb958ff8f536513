import { afterAll, describe, expect, test } from 'vitest'
import { createLedger, defineOperations, maxCredits, minCredits, sharedOperations } from '../src/index.ts'
import { brokenBooks, openGames } from './open-ledger.ts'

const { pool, prisma, sql } = await openGames()
const operations = defineOperations({
  ...sharedOperations,
  GEMS_PAID: {
    amount: { min: minCredits, max: -1 },
    exchange: { into: 'GEMS_BOUGHT', rate: { give: 10, get: 3 } },
  },
  GEMS_BOUGHT: { amount: { min: 1, max: 3_000 }, book: 'gems' },
  GEM_SPENT: { amount: { min: -100, max: -1 }, book: 'gems' },
  DUST_PAID: {
    amount: { min: minCredits, max: -1 },
    exchange: { into: 'DUST_BOUGHT', rate: { give: 1, get: 2 } },
  },
  DUST_BOUGHT: { amount: { min: 1, max: maxCredits }, book: 'gems' },
})
await sql.query(`SELECT ledger.make_book('games', 'gems')`)
await sql.query(`SELECT ledger.set_operations('games', $1, books => $2)`, [
  Object.keys(operations),
  { GEMS_BOUGHT: 'gems', GEM_SPENT: 'gems', DUST_BOUGHT: 'gems' },
])
const ledger = createLedger({ app: 'games', operations, pool })
afterAll(() => ledger.close())

const add = (ownerId: string, amount: number) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: crypto.randomUUID() })
const amountsOf = async (ownerId: string) => [
  (await ledger.balance(ownerId)).amount,
  (await ledger.balance(ownerId, { book: 'gems' })).amount,
]
const exchange = (ownerId: string, amount: number, nonce: string) =>
  ledger.exchange({ ownerId, operation: 'GEMS_PAID', amount, nonce })

describe('an exchange', () => {
  test('gives credits of one book for those of another, in one transaction', async () => {
    await add('ada', 50)
    expect(await exchange('ada', 20, 'x')).toMatchObject({
      ok: true,
      transaction: {
        nonce: 'x',
        entries: [
          { ownerId: 'ada', book: 'games', operation: 'GEMS_PAID', amount: -20, balanceAfter: 30, seq: 2 },
          { ownerId: 'ada', book: 'gems', operation: 'GEMS_BOUGHT', amount: 6, balanceAfter: 6, seq: 1 },
        ],
      },
      balances: [
        { ownerId: 'ada', book: 'games', amount: 30 },
        { ownerId: 'ada', book: 'gems', amount: 6 },
      ],
    })
    expect(await exchange('ada', 20, 'x')).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true },
    })
    expect(await exchange('ada', 30, 'x')).toMatchObject({ error: { identical: false } })
    expect(await amountsOf('ada')).toEqual([30, 6])
  })

  test('that does not divide is refused', async () => {
    await add('odd', 50)
    expect(await exchange('odd', 15, 'x')).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ field: 'amount', message: 'must be a multiple of 10' }] },
    })
    expect(await amountsOf('odd')).toEqual([50, 0])
  })

  test('beyond the range of what it gives is refused', async () => {
    await add('rich', maxCredits)
    for (const amount of [20_000, Math.floor(maxCredits / 10) * 10]) {
      expect(await exchange('rich', amount, 'x')).toMatchObject({
        error: { code: 'VALIDATION_ERROR', errors: [{ field: 'amount' }] },
      })
    }
    expect(await amountsOf('rich')).toEqual([maxCredits, 0])
  })

  test('into more credits than there can be is refused, not cut', async () => {
    await add('vast', maxCredits)
    const input = { ownerId: 'vast', operation: 'DUST_PAID' } as const
    for (const amount of [maxCredits, 2 ** 52]) {
      expect(await ledger.exchange({ ...input, amount, nonce: 'x' })).toMatchObject({
        error: { code: 'VALIDATION_ERROR', errors: [{ field: 'amount' }] },
      })
    }
    expect(await amountsOf('vast')).toEqual([maxCredits, 0])
    expect(await ledger.exchange({ ...input, amount: 2 ** 52 - 1, nonce: 'x' })).toMatchObject({ ok: true })
    expect(await amountsOf('vast')).toEqual([2 ** 52, maxCredits - 1])
  })

  test('needs the credits, and leaves nothing behind when it is refused', async () => {
    await add('poor', 9)
    expect(await exchange('poor', 10, 'x')).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: { book: 'games' } },
    })
    const { rows } = await sql.query("SELECT book FROM ledger.accounts WHERE owner_id = 'poor'")
    expect(rows).toEqual([{ book: 'games' }])
  })

  test('is the only way to post its operations', async () => {
    await add('alone', 50)
    const taking = { ownerId: 'alone', operation: 'GEMS_PAID', amount: 10 } as const
    const giving = { ownerId: 'alone', operation: 'GEMS_BOUGHT', amount: 3 } as const
    const refused = { error: { code: 'VALIDATION_ERROR' } }
    expect(await ledger.postEntry({ ...taking, nonce: '1' })).toMatchObject(refused)
    expect(await ledger.postEntry({ ...giving, nonce: '2' })).toMatchObject(refused)
    expect(await ledger.holdCredits({ ...taking, nonce: '3', expiresIn: 60 })).toMatchObject(refused)
    expect(await ledger.postTransaction({ entries: [taking, giving], nonce: '4' })).toMatchObject(refused)
    const unknown = { ownerId: 'alone', operation: 'CREDIT_SPEND', amount: 10, nonce: '5' } as never
    expect(await ledger.exchange(unknown)).toMatchObject({ error: { errors: [{ field: 'operation' }] } })
    expect(await amountsOf('alone')).toEqual([50, 0])
  })

  test('is reversed as a whole, and never refunded in part', async () => {
    await add('back', 50)
    const result = await exchange('back', 30, 'x')
    if (!result.ok) throw result.error
    const [paid, bought] = result.transaction.entries
    for (const entry of [paid, bought]) {
      const refund = { id: entry?.id ?? '', amount: 1, nonce: `refund ${entry?.id}` }
      expect(await ledger.refundEntry(refund)).toMatchObject({ error: { code: 'VALIDATION_ERROR' } })
    }
    const spent = { ownerId: 'back', operation: 'GEM_SPENT', amount: 1, nonce: 'spent' } as const
    await ledger.postEntry(spent)
    const reverse = () => ledger.reverseTransaction({ id: result.transaction.id, nonce: 'r' })
    expect(await reverse()).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: { book: 'gems' } },
    })
    expect(await amountsOf('back')).toEqual([20, 8])
    const entry = await ledger.entryByNonce('back', 'spent', { book: 'gems' })
    await ledger.refundEntry({ id: entry?.id ?? '', amount: 1, nonce: 'returned' })
    expect(await reverse()).toMatchObject({ ok: true })
    expect(await amountsOf('back')).toEqual([50, 0])
  })

  test('commits with the transaction of the app, or not at all', async () => {
    await add('tx', 50)
    const input = { ownerId: 'tx', operation: 'GEMS_PAID', amount: 10, nonce: 'x' } as const
    const failed = prisma.$transaction(async (tx) => {
      await ledger.exchange(input, { tx })
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    expect(await amountsOf('tx')).toEqual([50, 0])
    await prisma.$transaction((tx) => ledger.exchange(input, { tx }))
    expect(await amountsOf('tx')).toEqual([40, 3])
  })

  test('is exact when many come at once, in both books', async () => {
    await add('race', 100)
    const other = createLedger({ app: 'games', operations, pool })
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? ledger : other).exchange({
          ownerId: 'race',
          operation: 'GEMS_PAID',
          amount: 10,
          nonce: `${at}`,
        }),
      ),
    )
    await other.close()
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(10)
    expect(await amountsOf('race')).toEqual([0, 30])
    expect(await brokenBooks(sql)).toEqual([])
  })
})

test.each([
  ['takes no credits', { amount: 5, exchange: { into: 'GEMS', rate: { give: 1, get: 1 } } }],
  ['has a rate of no whole numbers', { amount: -5, exchange: { into: 'GEMS', rate: { give: 0.5, get: 1 } } }],
  ['has no rate', { amount: -5, exchange: { into: 'GEMS' } }],
  ['goes into nothing', { amount: -5, exchange: { into: 'NOTHING', rate: { give: 1, get: 1 } } }],
  [
    'goes into a shared operation',
    { amount: -5, exchange: { into: 'CREDIT_ADD', rate: { give: 1, get: 1 } } },
  ],
  ['stays in its book', { amount: -5, book: 'gems', exchange: { into: 'GEMS', rate: { give: 1, get: 1 } } }],
])('an exchange that %s cannot be defined', (_what, PAID) => {
  const unchecked = { ...sharedOperations, GEMS: { amount: 1, book: 'gems' }, PAID } as never
  expect(() => defineOperations(unchecked)).toThrow(/^These operations cannot be used:\n- PAID: /)
})
