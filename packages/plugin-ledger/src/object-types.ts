import type { LedgerEntry, LedgerHold, LedgerTransaction } from '@shared-ledger/ledger'
import type { AnyLedger, LedgerBuilder } from './builder.ts'
import { balanceId, entryId } from './identity.ts'
import { describeOperation } from './operation-info.ts'
import type { BalanceShape } from './types.ts'

/** The ledger's enum and object types, which fields, errors and the app refer to. */
export type LedgerTypes = ReturnType<typeof addTypes>

/** Adds the enum of operations, entries and balances. The parts of the graph add transactions and holds. */
export function addTypes(builder: LedgerBuilder, ledger: AnyLedger, operationEnum = 'LedgerOperation') {
  const LedgerOperation = builder.enumType(operationEnum, {
    description: 'What the app can do with credits: the operations that every app has, then its own.',
    values: Object.fromEntries(
      ledger
        .describeOperations()
        .map((operation) => [operation.name, { description: describeOperation(operation) }]),
    ),
  })

  const LedgerBalance = builder.objectRef<BalanceShape>('LedgerBalance').implement({
    description: 'What an owner has in this app. An owner never seen has 0.',
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description:
          'Opaque. The same for each current balance of an owner; a past one and one that a dry run imagines have others.',
        resolve: (balance) => balanceId(ledger.app, balance),
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose balance.' }),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'Credits: the sum of all entries of the account.',
      }),
    }),
  })

  const LedgerEntry = builder.objectRef<LedgerEntry>('LedgerEntry').implement({
    description: 'One posting to one account. Never changed, never deleted.',
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description: 'In the answer to a dry run: one that no entry has.',
        resolve: entryId,
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose account.' }),
      operation: t.expose('operation', {
        type: LedgerOperation,
        nullable: false,
        description: 'What was done with the credits.',
      }),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'Signed credits: + in, - out.',
      }),
      balanceAfter: t.expose('balanceAfter', {
        type: 'SafeInt',
        nullable: false,
        description: "The account's balance just after this entry.",
      }),
      nonce: t.exposeString('nonce', { nullable: false, description: 'The idempotency key of its request.' }),
      seq: t.expose('seq', {
        type: 'SafeInt',
        nullable: false,
        description: "Counts the account's entries from 1, without gaps.",
      }),
      transactionId: t.exposeID('transactionId', {
        nullable: false,
        description: 'Entries that were posted together have the same.',
      }),
      metadata: t.expose('metadata', {
        type: 'LedgerMetadata',
        nullable: false,
        description: 'What its request asked to keep with it.',
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: "When it was posted, to the millisecond. Never falls along an account's seq.",
      }),
      reverses: t.exposeID('reverses', {
        nullable: true,
        description: 'The id of the entry that this one undoes.',
      }),
      refunds: t.exposeID('refunds', {
        nullable: true,
        description: 'The id of the entry of which this one gives back a part.',
      }),
      holdId: t.exposeID('holdId', {
        nullable: true,
        description: 'The id of the hold that this one captures.',
      }),
    }),
  })

  const LedgerTransaction = builder.objectRef<LedgerTransaction>('LedgerTransaction')
  const LedgerHold = builder.objectRef<LedgerHold>('LedgerHold')
  return { LedgerOperation, LedgerBalance, LedgerEntry, LedgerTransaction, LedgerHold }
}
