import type { EntryPage, LedgerBalance, LedgerEntry, OperationInfo } from '@shared-ledger/ledger'
import type { AnyLedger, LedgerBuilder } from './builder.ts'
import type { AddLedgerOptions } from './types.ts'

/** The ledger's enum and object types, which fields, errors and the app refer to. */
export type LedgerTypes = ReturnType<typeof addTypes>

/** Adds the enum of operations, entries and balances. */
export function addTypes(builder: LedgerBuilder, ledger: AnyLedger, options: AddLedgerOptions) {
  const LedgerOperation = builder.enumType(options.operationEnum ?? 'LedgerOperation', {
    description: 'What the app can do with credits: the operations that every app has, then its own.',
    values: Object.fromEntries(
      ledger
        .describeOperations()
        .map(({ name, description }) => [name, description === undefined ? {} : { description }]),
    ),
  })

  const LedgerBalance = builder.objectRef<LedgerBalance>('LedgerBalance').implement({
    description: 'What an owner has in this app. An owner never seen has 0.',
    fields: (t) => ({
      ownerId: t.exposeString('ownerId', { nullable: false }),
      amount: t.expose('amount', { type: 'SafeInt', nullable: false, description: 'Credits.' }),
    }),
  })

  const LedgerEntry = builder.objectRef<LedgerEntry>('LedgerEntry').implement({
    description: 'One posting to one account. Never changed, never deleted.',
    fields: (t) => ({
      id: t.exposeID('id', { nullable: false }),
      ownerId: t.exposeString('ownerId', { nullable: false }),
      operation: t.expose('operation', { type: LedgerOperation, nullable: false }),
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
      nonce: t.exposeString('nonce', { nullable: false }),
      seq: t.expose('seq', {
        type: 'SafeInt',
        nullable: false,
        description: "Counts the account's entries from 1, without gaps.",
      }),
      transactionId: t.exposeID('transactionId', { nullable: false }),
      metadata: t.expose('metadata', {
        type: 'LedgerMetadata',
        nullable: false,
      }),
      createdOn: t.expose('createdOn', { type: 'DateTime', nullable: false }),
    }),
  })

  return { LedgerOperation, LedgerBalance, LedgerEntry }
}

/** Adds the connection of entries. */
export function addEntryConnection(builder: LedgerBuilder, { LedgerEntry }: LedgerTypes) {
  const LedgerEntryEdge = builder.objectRef<EntryPage['edges'][number]>('LedgerEntryEdge').implement({
    fields: (t) => ({
      cursor: t.exposeString('cursor', { nullable: false }),
      node: t.expose('node', { type: LedgerEntry, nullable: false }),
    }),
  })
  return builder.objectRef<EntryPage>('LedgerEntryConnection').implement({
    description: "A page of an owner's entries, newest first.",
    fields: (t) => ({
      edges: t.field({ type: [LedgerEntryEdge], nullable: false, resolve: (page) => [...page.edges] }),
      pageInfo: t.expose('pageInfo', { type: builder.pageInfoRef(), nullable: false }),
    }),
  })
}

/** Adds what a form needs to know of an operation. */
export function addOperationInfo(builder: LedgerBuilder, { LedgerOperation }: LedgerTypes) {
  const LedgerDirection = builder.enumType('LedgerDirection', {
    description: 'Where an operation moves credits: to the owner, from the owner, or neither.',
    values: ['IN', 'OUT', 'NONE'] as const,
  })
  return builder.objectRef<OperationInfo>('LedgerOperationInfo').implement({
    description:
      'An operation with all that a form needs. Amounts are numbers of credits, >= 0, as inputs take them.',
    fields: (t) => ({
      name: t.expose('name', { type: LedgerOperation, nullable: false }),
      description: t.exposeString('description', { nullable: true }),
      shared: t.exposeBoolean('shared', { nullable: false, description: 'Whether every app has it.' }),
      direction: t.expose('direction', { type: LedgerDirection, nullable: false }),
      minAmount: t.expose('min', { type: 'SafeInt', nullable: false }),
      maxAmount: t.expose('max', {
        type: 'SafeInt',
        nullable: false,
        description: 'The same as minAmount where the amount is fixed.',
      }),
      defaultAmount: t.expose('default', {
        type: 'SafeInt',
        nullable: true,
        description: 'What is posted when the input leaves the amount out; null: it must be given.',
      }),
    }),
  })
}
