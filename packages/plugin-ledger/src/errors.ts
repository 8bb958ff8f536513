import {
  BalanceOutOfRangeError,
  DuplicateNonceError,
  type FieldError,
  InsufficientBalanceError,
  ValidationError,
} from '@shared-ledger/ledger'
import type { LedgerBuilder } from './builder.ts'
import type { LedgerTypes } from './object-types.ts'
import type { ErrorShape } from './types.ts'

/** Adds the interface `Error` and the errors that a posting may be refused with. */
export function addErrors(builder: LedgerBuilder, { LedgerBalance, LedgerEntry }: LedgerTypes) {
  const ErrorInterface = builder.interfaceRef<ErrorShape>('Error').implement({
    description: 'A refusal: a stable code for programs and a message for people.',
    fields: (t) => ({
      code: t.exposeString('code', { nullable: false }),
      message: t.exposeString('message', { nullable: false }),
    }),
  })
  const interfaces = [ErrorInterface]

  const FieldErrorType = builder.objectRef<FieldError>('FieldError').implement({
    fields: (t) => ({
      field: t.exposeString('field', { nullable: false, description: 'Such as amount or metadata.colour.' }),
      message: t.exposeString('message', { nullable: false }),
    }),
  })
  builder.objectType(ValidationError, {
    name: 'ValidationError',
    description: 'Fields break rules. Nothing was posted.',
    interfaces,
    fields: (t) => ({
      errors: t.field({ type: [FieldErrorType], nullable: false, resolve: ({ errors }) => [...errors] }),
    }),
  })
  builder.objectType(InsufficientBalanceError, {
    name: 'InsufficientBalanceError',
    description: 'The account has fewer credits than the posting takes. Nothing was posted.',
    interfaces,
    fields: (t) => ({ balance: t.expose('balance', { type: LedgerBalance, nullable: false }) }),
  })
  builder.objectType(DuplicateNonceError, {
    name: 'DuplicateNonceError',
    description: 'The owner has a posting with this nonce. Nothing was posted now.',
    interfaces,
    fields: (t) => ({
      entry: t.expose('entry', { type: LedgerEntry, nullable: false, description: 'The original.' }),
      identical: t.exposeBoolean('identical', {
        nullable: false,
        description:
          'Whether this request is the original one again: same operation, metadata and amount (or none given).',
      }),
      balance: t.expose('balance', {
        type: LedgerBalance,
        nullable: false,
        description: 'The current balance.',
      }),
    }),
  })
  builder.objectType(BalanceOutOfRangeError, {
    name: 'BalanceOutOfRangeError',
    description: 'The balance would go beyond 2^53 - 1 credits. Nothing was posted.',
    interfaces,
    fields: (t) => ({ balance: t.expose('balance', { type: LedgerBalance, nullable: false }) }),
  })
  return ErrorInterface
}
