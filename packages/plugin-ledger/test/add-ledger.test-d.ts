import { defineOperations, type LedgerEntry, type OperationOf, sharedOperations } from '@shared-ledger/ledger'
import { expectTypeOf, test } from 'vitest'
import { createBuilder, openLedger, operations } from './build-schema.ts'

test("addLedger's types are of the app's own operations", () => {
  const builder = createBuilder()
  const { LedgerEntry: Entry, LedgerOperation } = builder.addLedger(openLedger(operations))
  expectTypeOf(Entry.$inferType).toEqualTypeOf<LedgerEntry<OperationOf<typeof operations>>>()

  builder.queryField('favourite', (t) =>
    t.field({ type: LedgerOperation, resolve: () => 'CONTENT_CREATION' as const }),
  )
  builder.queryField('foreign', (t) =>
    // @ts-expect-error PROJECT_PAYMENT is another app's operation
    t.field({ type: LedgerOperation, resolve: () => 'PROJECT_PAYMENT' as const }),
  )
  builder.objectField(Entry, 'isCreation', (t) =>
    t.boolean({ resolve: ({ operation }) => operation === 'CONTENT_CREATION' }),
  )
  builder.objectField(Entry, 'isPayment', (t) =>
    // @ts-expect-error no entry of this app has another app's operation
    t.boolean({ resolve: ({ operation }) => operation === 'PROJECT_PAYMENT' }),
  )
})

test('addLedger takes a ledger with all shared operations alone', () => {
  const { DAILY_REWARD, SIGNUP_CREDIT, CREDIT_SPEND } = sharedOperations
  void (() =>
    createBuilder().addLedger(
      // @ts-expect-error missing shared operation: CREDIT_ADD
      openLedger(defineOperations({ DAILY_REWARD, SIGNUP_CREDIT, CREDIT_SPEND })),
    ))
})
