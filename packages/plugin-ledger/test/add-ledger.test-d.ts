import {
  defineOperations,
  type Ledger,
  type LedgerEntry,
  type LedgerHold,
  type LedgerTransaction,
  type OperationOf,
  type PostOperationOf,
  sharedOperations,
} from '@shared-ledger/ledger'
import { expectTypeOf, test } from 'vitest'
import { createBuilder, openLedger, operations } from './build-schema.ts'

const open = { action: 'open', owner: 'any' } as const

test("addLedger's types have only the app's own operations", () => {
  const builder = createBuilder()
  const { LedgerEntry: Entry, LedgerOperation } = builder.addLedger(openLedger(operations))
  expectTypeOf(Entry.$inferType).toEqualTypeOf<LedgerEntry<OperationOf<typeof operations>>>()

  builder.queryField('favourite', (t) =>
    t.field({ type: LedgerOperation, access: open, resolve: () => 'CONTENT_CREATION' as const }),
  )
  builder.queryField('foreign', (t) =>
    // @ts-expect-error PROJECT_PAYMENT is another app's operation
    t.field({ type: LedgerOperation, access: open, resolve: () => 'PROJECT_PAYMENT' as const }),
  )
  builder.objectField(Entry, 'isCreation', (t) =>
    t.boolean({ resolve: ({ operation }) => operation === 'CONTENT_CREATION' }),
  )
  builder.objectField(Entry, 'isPayment', (t) =>
    // @ts-expect-error an entry of this app never has another app's operation
    t.boolean({ resolve: ({ operation }) => operation === 'PROJECT_PAYMENT' }),
  )
})

test('a retired operation is read, and is in no input', () => {
  const retiring = defineOperations({ ...operations, CONTENT_CREATION: { amount: -5, retired: true } })
  const { LedgerEntry: Entry, LedgerPostOperation } = createBuilder().addLedger(openLedger(retiring))
  expectTypeOf(Entry.$inferType).toEqualTypeOf<LedgerEntry<OperationOf<typeof retiring>>>()
  expectTypeOf(LedgerPostOperation.$inferType).toEqualTypeOf<PostOperationOf<typeof retiring>>()
})

test('transactions and holds are types of every graph', () => {
  type Operation = OperationOf<typeof operations>
  const { LedgerTransaction: Transaction, LedgerHold: Hold } = createBuilder().addLedger(
    openLedger(operations),
  )
  expectTypeOf(Transaction.$inferType).toEqualTypeOf<LedgerTransaction<Operation>>()
  expectTypeOf(Hold.$inferType).toEqualTypeOf<LedgerHold<Operation>>()
})

test("a ledger's commands accept only the app's own operations", () => {
  const ledger = openLedger(operations)
  const entry = { ownerId: 'o', operation: 'CONTENT_CREATION' } as const
  const foreign = { ownerId: 'o', operation: 'PROJECT_PAYMENT' } as const
  void (() => [
    ledger.postTransaction({ nonce: 'n', entries: [entry] }),
    ledger.holdCredits({ ...entry, nonce: 'n', expiresIn: 1 }),
    ledger.postEntries([{ ...entry, nonce: 'n' }]),
    // @ts-expect-error PROJECT_PAYMENT is another app's operation
    ledger.postTransaction({ nonce: 'n', entries: [foreign] }),
    // @ts-expect-error PROJECT_PAYMENT is another app's operation
    ledger.holdCredits({ ...foreign, nonce: 'n', expiresIn: 1 }),
    // @ts-expect-error PROJECT_PAYMENT is another app's operation
    ledger.postEntries([{ ...foreign, nonce: 'n' }]),
    // @ts-expect-error PROJECT_PAYMENT is another app's operation
    ledger.summary({ from: new Date(), to: new Date(), per: 'DAY', operations: ['PROJECT_PAYMENT'] }),
  ])
})

test('addLedger accepts only a ledger with all shared operations', () => {
  const { DAILY_REWARD, SIGNUP_CREDIT, CREDIT_SPEND } = sharedOperations
  void (() =>
    createBuilder().addLedger(
      // @ts-expect-error missing shared operation: CREDIT_ADD
      openLedger(defineOperations({ DAILY_REWARD, SIGNUP_CREDIT, CREDIT_SPEND })),
    ))
})

test('each root field states its access rules', () => {
  const builder = createBuilder()
  const { LedgerEntry: Entry } = builder.addLedger(openLedger(operations))
  const args = { ownerId: builder.args((t) => ({ ownerId: t.string({ required: true }) })).ownerId }
  // @ts-expect-error access is missing
  builder.queryField('silent', (t) => t.string({ resolve: () => 'x' }))
  // @ts-expect-error access is missing
  builder.mutationField('silent', (t) => t.string({ resolve: () => 'x' }))
  builder.queryField('noOwner', (t) =>
    // @ts-expect-error owner is missing
    t.string({ access: { action: 'read' }, resolve: () => 'x' }),
  )
  builder.queryField('noAction', (t) =>
    // @ts-expect-error action is missing
    t.string({ access: { owner: 'any' }, resolve: () => 'x' }),
  )
  builder.queryField('unknown', (t) =>
    // @ts-expect-error there is no action write
    t.string({ access: { action: 'write', owner: 'any' }, resolve: () => 'x' }),
  )
  builder.queryField('foreign', (t) =>
    // @ts-expect-error there is no argument userId
    t.string({ args, access: { action: 'read', owner: ({ userId }) => userId }, resolve: () => 'x' }),
  )
  builder.mutationField('found', (t) =>
    t.field({
      type: Entry,
      // @ts-expect-error when a mutation has found something, it has already acted
      access: { action: 'act', owner: { found: () => 'ann' } },
      resolve: () => null,
    }),
  )
  builder.queryField('found', (t) =>
    t.field({
      type: Entry,
      access: { action: 'read', owner: { found: ({ ownerId }) => ownerId } },
      resolve: () => null,
    }),
  )
})

test('an internal operation is posted by the ledger, and is in no input', () => {
  const trusting = defineOperations({ ...operations, PRIZE: { amount: 1, internal: true } })
  const ledger = openLedger(trusting)
  const { LedgerPostOperation } = createBuilder().addLedger(ledger)
  expectTypeOf(LedgerPostOperation.$inferType).toEqualTypeOf<OperationOf<typeof operations>>()
  void (() => ledger.postEntry({ ownerId: 'o', operation: 'PRIZE', nonce: 'n' }))
})

test('an app with several books has the enum of its books, and one with one book has none', () => {
  const gems = defineOperations({ ...operations, GEM_GRANT: { amount: 5, book: 'gems' } })
  const builder = createBuilder()
  const { LedgerBook } = builder.addLedger(openLedger(gems))
  expectTypeOf(LedgerBook.$inferType).toEqualTypeOf<'content' | 'gems'>()
  builder.queryField('favourite', (t) =>
    t.field({ type: LedgerBook, access: open, resolve: () => 'gems' as const }),
  )
  builder.queryField('foreign', (t) =>
    // @ts-expect-error the app has no book coins
    t.field({ type: LedgerBook, access: open, resolve: () => 'coins' as const }),
  )
  expectTypeOf(createBuilder().addLedger(openLedger(operations)).LedgerBook).toEqualTypeOf<undefined>()
})

test("a ledger's type without the app's name cannot tell all books", () => {
  const gems = defineOperations({ ...operations, GEM_GRANT: { amount: 5, book: 'gems' } })
  void ((
    some: Ledger<typeof gems>,
    plain: Ledger<typeof operations>,
    named: Ledger<typeof gems, 'content'>,
  ) => {
    const { LedgerBook } = createBuilder().addLedger(some)
    // @ts-expect-error it may be undefined
    void LedgerBook.$inferType
    if (LedgerBook) expectTypeOf(LedgerBook.$inferType).toEqualTypeOf<string>()
    expectTypeOf(createBuilder().addLedger(plain).LedgerBook).toEqualTypeOf<undefined>()
    expectTypeOf(createBuilder().addLedger(named).LedgerBook.$inferType).toEqualTypeOf<'content' | 'gems'>()
  })
})
