import {
  AccountStateError,
  BalanceOutOfRangeError,
  DuplicateHoldError,
  DuplicateNonceError,
  type FieldError,
  InsufficientBalanceError,
  LimitReachedError,
  ledgerErrors,
  ValidationError,
} from '@shared-ledger/ledger'
import { reached } from './access.ts'
import type { LedgerBuilder } from './builder.ts'
import type { LedgerTypes } from './graph.ts'
import type { ErrorShape } from './types.ts'

const entryIndex = "Which of the request's entries is refused, counted from 0."

/** Adds the interface `Error` and the errors of any posting. */
export function addErrors(builder: LedgerBuilder, types: LedgerTypes) {
  const { LedgerBalance, LedgerEntry, LedgerHold, LedgerOperation } = types
  const ErrorInterface = builder.interfaceRef<ErrorShape>('Error').implement({
    description: 'A refusal: a stable code for programs and a message for people.',
    fields: (t) => ({
      code: t.exposeString('code', {
        nullable: false,
        description: 'Stable, for programs, such as INSUFFICIENT_BALANCE.',
      }),
      message: t.exposeString('message', {
        nullable: false,
        description: 'What was wrong and what to do, for people. May change.',
      }),
    }),
  })
  const interfaces = [ErrorInterface]

  const FieldErrorType = builder.objectRef<FieldError>('FieldError').implement({
    description: 'What is wrong with one field of an input.',
    fields: (t) => ({
      field: t.exposeString('field', { nullable: false, description: 'Such as amount or metadata.colour.' }),
      message: t.exposeString('message', { nullable: false, description: 'The rule that it breaks.' }),
    }),
  })
  builder.objectType(ValidationError, {
    name: 'ValidationError',
    description: ledgerErrors.VALIDATION_ERROR.meaning,
    interfaces,
    fields: (t) => ({
      errors: t.field({
        type: [FieldErrorType],
        nullable: false,
        cost: { weight: 0, size: 10 },
        description: 'One row per fault.',
        resolve: ({ errors }) => [...errors],
      }),
    }),
  })
  builder.objectType(InsufficientBalanceError, {
    name: 'InsufficientBalanceError',
    description: ledgerErrors.INSUFFICIENT_BALANCE.meaning,
    interfaces,
    fields: (t) => ({
      balance: t.expose('balance', {
        type: LedgerBalance,
        access: reached,
        nullable: false,
        description: 'The current balance.',
      }),
      entryIndex: t.exposeInt('entryIndex', { nullable: false, description: entryIndex }),
    }),
  })
  builder.objectType(DuplicateNonceError, {
    name: 'DuplicateNonceError',
    description: ledgerErrors.DUPLICATE_NONCE.meaning,
    interfaces,
    fields: (t) => ({
      entry: t.expose('entry', {
        type: LedgerEntry,
        access: reached,
        nullable: false,
        description: 'The original.',
      }),
      identical: t.exposeBoolean('identical', {
        nullable: false,
        description:
          'Whether this request equals the original one: the same entries and metadata, and the same amounts or none.',
      }),
      balance: t.expose('balance', {
        type: LedgerBalance,
        access: reached,
        nullable: false,
        description: 'The current balance.',
      }),
    }),
  })
  builder.objectType(DuplicateHoldError, {
    name: 'DuplicateHoldError',
    description: ledgerErrors.DUPLICATE_NONCE.meaning,
    interfaces,
    fields: (t) => ({
      holdId: t.id({ nullable: false, description: 'The original.', resolve: ({ hold }) => hold.id }),
      identical: t.exposeBoolean('identical', {
        nullable: false,
        description:
          'Whether this request equals the original one: the same operation, metadata and duration, and the same amount or none.',
      }),
      balance: t.expose('balance', {
        type: LedgerBalance,
        access: reached,
        nullable: false,
        description: 'The current balance.',
      }),
      hold: t.expose('hold', {
        type: LedgerHold,
        access: reached,
        nullable: false,
        description: 'The original.',
      }),
    }),
  })
  builder.objectType(BalanceOutOfRangeError, {
    name: 'BalanceOutOfRangeError',
    description: ledgerErrors.BALANCE_OUT_OF_RANGE.meaning,
    interfaces,
    fields: (t) => ({
      balance: t.expose('balance', {
        type: LedgerBalance,
        access: reached,
        nullable: false,
        description: 'The current balance.',
      }),
      entryIndex: t.exposeInt('entryIndex', {
        nullable: false,
        description: `${entryIndex} 0 for a request without entries.`,
      }),
    }),
  })
  builder.objectType(AccountStateError, {
    name: 'AccountStateError',
    description:
      'The account is frozen or closed, or is not empty and cannot be closed: `code` says which. Nothing was posted.',
    interfaces,
    fields: (t) => ({
      balance: t.expose('balance', {
        type: LedgerBalance,
        access: reached,
        nullable: false,
        description: 'The current balance, with the state of the account.',
      }),
      entryIndex: t.exposeInt('entryIndex', { nullable: false, description: entryIndex }),
    }),
  })
  builder.objectType(LimitReachedError, {
    name: 'LimitReachedError',
    description: ledgerErrors.LIMIT_REACHED.meaning,
    interfaces,
    fields: (t) => ({
      ownerId: t.exposeString('ownerId', {
        nullable: false,
        description: 'The owner whose limit was reached.',
      }),
      operation: t.expose('operation', {
        type: LedgerOperation,
        nullable: false,
        description: 'What is limited.',
      }),
      nextOn: t.expose('nextOn', {
        type: 'DateTime',
        nullable: true,
        description: 'When the next one is possible; null: never.',
      }),
      entryIndex: t.exposeInt('entryIndex', { nullable: false, description: entryIndex }),
    }),
  })
  return ErrorInterface
}
