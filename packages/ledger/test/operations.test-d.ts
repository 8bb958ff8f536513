import { describe, expectTypeOf, test } from 'vitest'
import {
  defineOperations,
  type Ledger,
  type LedgerEntry,
  lotOperations,
  type OperationOf,
  type Operations,
  type PostOperationOf,
  sharedOperations,
  type TransactionClient,
  transferOperations,
} from '../src/index.ts'

const content = defineOperations({ ...sharedOperations, CONTENT_CREATION: { amount: -5 } })
const freelance = defineOperations({ ...sharedOperations, PROJECT_PAYMENT: { amount: { min: 1, max: 100 } } })

const { CREDIT_ADD, CREDIT_SPEND, DAILY_REWARD, SIGNUP_CREDIT } = sharedOperations

describe('defineOperations', () => {
  test('keeps literal types', () => {
    expectTypeOf<OperationOf<typeof content>>().toEqualTypeOf<
      'DAILY_REWARD' | 'SIGNUP_CREDIT' | 'CREDIT_SPEND' | 'CREDIT_ADD' | 'CONTENT_CREATION'
    >()
    expectTypeOf(content.CONTENT_CREATION.amount).toEqualTypeOf<-5>()
  })

  test('refuses a list without the shared operations', () => {
    // @ts-expect-error missing shared operation: DAILY_REWARD | SIGNUP_CREDIT | CREDIT_SPEND | CREDIT_ADD
    defineOperations({ CONTENT_CREATION: { amount: -5 } })
  })

  test('refuses a list without one shared operation', () => {
    // @ts-expect-error missing shared operation: CREDIT_ADD
    defineOperations({ DAILY_REWARD, SIGNUP_CREDIT, CREDIT_SPEND, CONTENT_CREATION: { amount: -5 } })
  })

  test('accepts a narrower range of a shared operation', () => {
    const narrow = defineOperations({
      ...sharedOperations,
      CREDIT_SPEND: { ...CREDIT_SPEND, amount: { min: -100, max: -2 } },
      CREDIT_ADD: { ...CREDIT_ADD, amount: { min: 5, max: 50, default: 5 } },
    })
    expectTypeOf(narrow.CREDIT_ADD.amount.max).toEqualTypeOf<50>()
  })

  test('refuses any other change of a shared operation', () => {
    // @ts-expect-error the fixed amount changed
    defineOperations({ ...sharedOperations, DAILY_REWARD: { ...DAILY_REWARD, amount: 2 } })
    // @ts-expect-error the description changed
    defineOperations({ ...sharedOperations, SIGNUP_CREDIT: { ...SIGNUP_CREDIT, description: 'Hello' } })
    // @ts-expect-error a spend that gives
    defineOperations({ ...sharedOperations, CREDIT_SPEND: { ...CREDIT_SPEND, amount: { min: 1, max: 2 } } })
    // @ts-expect-error a range through zero
    defineOperations({ ...sharedOperations, CREDIT_ADD: { ...CREDIT_ADD, amount: { min: -1, max: 2 } } })
    // @ts-expect-error a range in place of a fixed amount
    defineOperations({ ...sharedOperations, DAILY_REWARD: { ...DAILY_REWARD, amount: { min: 1, max: 1 } } })
  })
})

describe('a limit and a pair', () => {
  test("are allowed for an app's own operation, and a limit for a shared one as well", () => {
    const daily = { times: 1, per: 'day' } as const
    const games = defineOperations({
      ...sharedOperations,
      ...transferOperations,
      DAILY_REWARD: { ...DAILY_REWARD, limit: daily },
      CREDIT_ADD: { ...CREDIT_ADD, amount: { min: 1, max: 9 }, limit: daily },
      PRIZE: { amount: 5, limit: { times: 3, per: 'week' } },
    })
    expectTypeOf<OperationOf<typeof games>>().toEqualTypeOf<
      keyof typeof sharedOperations | 'TRANSFER_OUT' | 'TRANSFER_IN' | 'PRIZE'
    >()
  })

  test('accept only valid values', () => {
    // @ts-expect-error no such window
    defineOperations({ ...sharedOperations, PRIZE: { amount: 5, limit: { times: 1, per: 'year' } } })
    // @ts-expect-error a limit of nothing
    defineOperations({ ...sharedOperations, PRIZE: { amount: 5, limit: { per: 'day' } } })
    // @ts-expect-error paired is true or left out
    defineOperations({ ...sharedOperations, PRIZE: { amount: 5, paired: false } })
    // @ts-expect-error a shared operation is for everyone, also alone
    defineOperations({ ...sharedOperations, CREDIT_ADD: { ...CREDIT_ADD, paired: true } })
  })
})

describe('a lot', () => {
  const lot = { expires: { days: 30 }, kind: 'promotional' } as const

  test('is allowed for a shared operation, beside a limit too', () => {
    const rewarding = defineOperations({
      ...sharedOperations,
      ...lotOperations,
      DAILY_REWARD: { ...DAILY_REWARD, lot, limit: { times: 1, per: 'day' } },
      CREDIT_ADD: { ...CREDIT_ADD, amount: { min: 1, max: 9 }, lot: { expires: null, kind: 'paid' } },
    })
    expectTypeOf(rewarding.DAILY_REWARD.lot.expires.days).toEqualTypeOf<30>()
    expectTypeOf<OperationOf<typeof rewarding>>().toEqualTypeOf<
      keyof typeof sharedOperations | keyof typeof lotOperations
    >()
  })

  test('needs the operations that the ledger posts for it', () => {
    // @ts-expect-error an operation has a lot: add ...lotOperations, for CREDIT_EXPIRED | CREDIT_VOIDED
    defineOperations({ ...sharedOperations, DAILY_REWARD: { ...DAILY_REWARD, lot } })
    const { CREDIT_EXPIRED } = lotOperations
    // @ts-expect-error an operation has a lot: add ...lotOperations, for CREDIT_VOIDED
    defineOperations({ ...sharedOperations, CREDIT_EXPIRED, PRIZE: { amount: 5, lot } })
  })

  test('is the only thing of lots that a shared operation may get', () => {
    const all = { ...sharedOperations, ...lotOperations }
    // @ts-expect-error shared operation changed by more than a narrower range, a limit or a lot: DAILY_REWARD
    defineOperations({ ...all, DAILY_REWARD: { ...DAILY_REWARD, amount: 2, lot } })
    // @ts-expect-error shared operation changed by more than a narrower range, a limit or a lot: CREDIT_SPEND
    defineOperations({ ...all, CREDIT_SPEND: { ...CREDIT_SPEND, revive: null } })
    // @ts-expect-error no such period
    defineOperations({ ...all, DAILY_REWARD: { ...DAILY_REWARD, lot: { expires: { endOf: 'hour' } } } })
    // @ts-expect-error a lot says when it expires
    defineOperations({ ...all, DAILY_REWARD: { ...DAILY_REWARD, lot: { kind: 'promotional' } } })
  })
})

describe('a retired operation', () => {
  const retiring = defineOperations({
    ...sharedOperations,
    CONTENT_CREATION: { amount: -5 },
    CONTENT_BOOST: { amount: { min: -9, max: -1 }, retired: true },
  })
  const ledger = {} as Ledger<typeof retiring>
  const boost = { ownerId: 'a', operation: 'CONTENT_BOOST', amount: 2, nonce: 'n' } as const

  test('is read', () => {
    expectTypeOf<OperationOf<typeof retiring>>().toEqualTypeOf<
      keyof typeof sharedOperations | 'CONTENT_CREATION' | 'CONTENT_BOOST'
    >()
    void (() => ledger.entries({ ownerId: 'a', operations: ['CONTENT_BOOST'] }))
    void (() =>
      ledger.summary({ from: new Date(), to: new Date(), per: 'DAY', operations: ['CONTENT_BOOST'] }))
    expectTypeOf(ledger.entry('1')).resolves.toEqualTypeOf<LedgerEntry<OperationOf<typeof retiring>> | null>()
  })

  test('is in no input that posts', () => {
    expectTypeOf<PostOperationOf<typeof retiring>>().toEqualTypeOf<
      keyof typeof sharedOperations | 'CONTENT_CREATION'
    >()
    expectTypeOf<PostOperationOf<Operations>>().toEqualTypeOf<string>()
    void ((tx: TransactionClient) => [
      // @ts-expect-error CONTENT_BOOST is retired
      ledger.postEntry(boost),
      // @ts-expect-error CONTENT_BOOST is retired
      ledger.postEntry(boost, { tx }),
      // @ts-expect-error CONTENT_BOOST is retired
      ledger.postEntries([boost]),
      // @ts-expect-error CONTENT_BOOST is retired
      ledger.postTransaction({ nonce: 'n', entries: [boost] }),
      // @ts-expect-error CONTENT_BOOST is retired
      ledger.holdCredits({ ...boost, expiresIn: 1 }),
    ])
  })

  test('is true or left out, and is not allowed for a shared operation', () => {
    // @ts-expect-error retired is true or left out
    defineOperations({ ...sharedOperations, PRIZE: { amount: 5, retired: false } })
    // @ts-expect-error every app posts the shared operations
    defineOperations({ ...sharedOperations, CREDIT_ADD: { ...CREDIT_ADD, retired: true } })
    // @ts-expect-error also an operation with a fixed amount
    defineOperations({ ...sharedOperations, DAILY_REWARD: { ...DAILY_REWARD, retired: true } })
  })
})

describe('a command', () => {
  test('returns a result, or in a transaction what was posted', () => {
    const ledger = {} as Ledger<typeof content>
    void (async (tx: TransactionClient) => {
      const entries = [{ ownerId: 'a', operation: 'CREDIT_ADD' }] as const
      const result = await ledger.postTransaction({ nonce: 'n', entries })
      expectTypeOf(result.ok).toEqualTypeOf<boolean>()
      // @ts-expect-error a refusal has no transaction
      void result.transaction
      const posted = await ledger.postTransaction({ nonce: 'n', entries }, { tx })
      expectTypeOf(posted.transaction.entries[0]!.operation).toEqualTypeOf<OperationOf<
        typeof content
      > | null>()
      // @ts-expect-error PROJECT_PAYMENT belongs to freelance
      void ledger.holdCredits({ ownerId: 'a', operation: 'PROJECT_PAYMENT', nonce: 'n', expiresIn: 1 })
    })
  })
})

describe("another app's operation", () => {
  test('does not compile', () => {
    const ledger = {} as Ledger<typeof content>
    void (() => ledger.postEntry({ ownerId: 'a', operation: 'CONTENT_CREATION', nonce: 'n' }))
    // @ts-expect-error PROJECT_PAYMENT belongs to freelance
    void (() => ledger.postEntry({ ownerId: 'a', operation: 'PROJECT_PAYMENT', nonce: 'n' }))
    // @ts-expect-error nor as a filter
    void (() => ledger.entries({ ownerId: 'a', operations: ['PROJECT_PAYMENT'] }))
    // @ts-expect-error freelance's ledger is not content's
    const other: Ledger<typeof content> = {} as Ledger<typeof freelance>
    void other
  })

  test('is not an operation of an entry', async () => {
    const ledger = {} as Ledger<typeof content>
    void (async () => {
      const result = await ledger.postEntry({ ownerId: 'a', operation: 'CREDIT_ADD', nonce: 'n' })
      if (result.ok) expectTypeOf(result.entry.operation).toEqualTypeOf<OperationOf<typeof content> | null>()
    })
  })
})
