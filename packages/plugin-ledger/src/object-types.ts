import type { EnumRef, FieldRef } from '@pothos/core'
import {
  type AccountState,
  isPublic,
  type LedgerEntry,
  type LedgerHold,
  type LedgerTransaction,
  type NamedOperation,
  type OperationInfo,
} from '@shared-ledger/ledger'
import { addBooks, bookField } from './books.ts'
import type { AnyLedger, BuilderTypes, LedgerBuilder } from './builder.ts'
import type { LedgerTypes } from './graph.ts'
import { balanceId, entryId } from './identity.ts'
import { describeOperation } from './operation-info.ts'
import { ofSeenEntry } from './seen-entry.ts'
import type { BalanceShape } from './types.ts'

/**
 * Adds the enums of operations, balances and entries. The files of their commands add the fields of transactions and
 * holds.
 */
export function addTypes(builder: LedgerBuilder, ledger: AnyLedger): LedgerTypes {
  const operations = ledger.describeOperations()
  const LedgerBook = addBooks(builder, ledger)
  const LedgerOperation = builder.enumType('LedgerOperation', {
    description: 'What the app can do with credits: the operations that every app has, then its own.',
    values: enumValues(operations),
  })
  const LedgerPostOperation = builder.enumType('LedgerPostOperation', {
    description: 'The operations that a request can post: neither retired nor internal.',
    values: enumValues(operations.filter(isPublic)),
  })

  const LedgerAccountState = builder.enumType('LedgerAccountState', {
    description: 'What may be posted to an account.',
    values: {
      OPEN: { description: 'Everything.' },
      SPENDING_FROZEN: { description: 'Nothing that takes credits, until it is opened again.' },
      FROZEN: { description: 'Nothing, until it is opened again.' },
      CLOSED: { description: 'Nothing, until it is opened again. Its balance is 0.' },
    } satisfies Record<AccountState, object>,
  })
  const LedgerBalance = builder.objectRef<BalanceShape>('LedgerBalance').implement({
    description: "An owner's balance. An unknown owner has 0.",
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description:
          'Opaque. Every current balance of an owner has the same id. A past balance, and one of a dry run, has another.',
        resolve: balanceId,
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose balance.' }),
      ...bookField(t, LedgerBook),
      amount: t.expose('amount', {
        type: 'SafeInt',
        nullable: false,
        description: 'Credits: the sum of all entries of the account.',
      }),
      overdraft: t.field({
        type: 'SafeInt',
        nullable: true,
        description: 'How far below 0 the amount may go, in credits. Null for a past moment.',
        resolve: (balance) => ('overdraft' in balance ? balance.overdraft : null),
      }),
      available: t.field({
        type: 'SafeInt',
        nullable: true,
        description: 'What can be spent: amount - held + overdraft. Null for a past moment.',
        resolve: (balance) => ('available' in balance ? balance.available : null),
      }),
      held: t.field({
        type: 'SafeInt',
        nullable: true,
        description: 'The credits that live holds set aside. Null for a past moment.',
        resolve: (balance) => ('held' in balance ? balance.held : null),
      }),
      state: t.field({
        type: LedgerAccountState,
        nullable: true,
        description: 'What may be posted to the account. Null for a past moment.',
        resolve: (balance) => ('state' in balance ? balance.state : null),
      }),
    }),
  })

  const LedgerEntry = builder.objectRef<LedgerEntry>('LedgerEntry').implement({
    description: "One change of one account's balance. It is never changed or deleted.",
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description: 'In the answer to a dry run, an id that no entry has.',
        resolve: entryId,
      }),
      ownerId: t.exposeString('ownerId', { nullable: false, description: 'Whose account.' }),
      ...bookField(t, LedgerBook),
      ...operationFields(t, LedgerOperation),
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
      nonce: t.string({
        nullable: false,
        description:
          'The idempotency key of its request. Empty for an owner when others take part in the transaction.',
        resolve: ofSeenEntry(ledger, ({ nonce }) => nonce),
      }),
      seq: t.expose('seq', {
        type: 'SafeInt',
        nullable: false,
        description:
          "Counts the account's entries from 1, without gaps. Apps that share a book count together.",
      }),
      transactionId: t.exposeID('transactionId', {
        nullable: false,
        description: 'Entries that were posted together have the same.',
      }),
      metadata: t.field({
        type: 'LedgerMetadata',
        nullable: false,
        description: 'The metadata of its request. {} for an owner when others take part in the transaction.',
        resolve: ofSeenEntry(ledger, ({ metadata }) => metadata),
      }),
      createdOn: t.expose('createdOn', {
        type: 'DateTime',
        nullable: false,
        description: "When it was posted, to the millisecond. It never decreases along an account's seq.",
      }),
      reverses: t.exposeID('reverses', {
        nullable: true,
        description: 'The id of the entry that this one undoes.',
      }),
      refunds: t.exposeID('refunds', {
        nullable: true,
        description: 'The id of the entry that this one refunds in part.',
      }),
      holdId: t.exposeID('holdId', {
        nullable: true,
        description: 'The id of the hold that this one captures.',
      }),
    }),
  })

  const LedgerTransaction = builder.objectRef<LedgerTransaction>('LedgerTransaction')
  const LedgerHold = builder.objectRef<LedgerHold>('LedgerHold')
  return {
    LedgerAccountState,
    LedgerBook,
    LedgerOperation,
    LedgerPostOperation,
    LedgerBalance,
    LedgerEntry,
    LedgerTransaction,
    LedgerHold,
  }
}

/** Returns the values of an enum of operations. */
export function enumValues(operations: readonly OperationInfo[]) {
  return Object.fromEntries(
    operations.map((operation) => [
      operation.name,
      { description: describeOperation(operation), extensions: { internal: operation.internal } },
    ]),
  )
}

interface OperationFields {
  readonly operation: FieldRef<BuilderTypes, string | null | undefined, 'Object'>
  readonly operationName: FieldRef<BuilderTypes, string, 'Object'>
}

/** The operation of an entry or a hold, as an enum value and as text. */
export function operationFields<Read extends NamedOperation>(
  t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Read>,
  LedgerOperation: EnumRef<BuilderTypes, string>,
): OperationFields {
  return {
    operation: t.field({
      type: LedgerOperation,
      nullable: true,
      description: 'Null when this server does not know it, because a newer or an older server posted it.',
      resolve: ({ operation }) => operation,
    }),
    operationName: t.string({
      nullable: false,
      description: "The operation's name, even if this server does not know it.",
      resolve: ({ operationName }) => operationName,
    }),
  }
}
