import {
  type Exchange,
  hasExchanges,
  limitWindows,
  maxCredits,
  type OperationInfo,
  type OperationLimit,
  type Scope,
  scopes,
} from '@shared-ledger/ledger'
import type { Graph } from './graph.ts'
import { addLotTerms } from './lot-terms.ts'

const windowDescriptions = {
  hour: 'An hour of the clock.',
  day: 'A day, from midnight.',
  week: 'A week, from Monday.',
  month: 'A month of the calendar.',
  lifetime: 'All time: it never ends.',
} as const satisfies Record<(typeof limitWindows)[number], string>

const scopeDescriptions = {
  read: 'Read balances, entries, holds and summaries.',
  post: 'Post entries, and hold credits.',
  correct: 'Reverse and refund.',
  admin: 'Set overdrafts.',
} as const satisfies Record<Scope, string>

/** The description of `correct` in an app with lots. */
const correctsLots = 'Reverse and refund, and void lots.'

/**
 * Returns what an operation does: in the app's words, or by its amounts; the book that it names, and whether it is
 * retired or internal.
 */
export function describeOperation(operation: OperationInfo): string {
  const { book, description, internal, retired } = operation
  return [
    description ?? describeAmounts(operation),
    book !== undefined && `In the book ${book}.`,
    retired ? 'Retired: no longer posted.' : internal && 'Internal: posted by the app itself.',
  ]
    .filter(Boolean)
    .join(' ')
}

function describeAmounts({ direction, min, max }: OperationInfo): string {
  if (direction === 'NONE') return 'Moves no credits, but is on record.'
  const range = max === maxCredits ? `${min} or more` : `${min} to ${max}`
  const amount = `${min === max ? min : range} ${max === 1 ? 'credit' : 'credits'}`
  return direction === 'OUT' ? `Takes ${amount} from the owner.` : `Gives ${amount} to the owner.`
}

/** Adds the description of an operation for forms. */
export function addOperationInfo({
  builder,
  ledger,
  LedgerLotKind,
  types: { LedgerAccountState, LedgerBook, LedgerOperation },
}: Graph) {
  const LedgerDirection = builder.enumType('LedgerDirection', {
    description: 'Where an operation moves credits: to the owner, from the owner, or neither.',
    values: {
      IN: { description: 'To the owner.' },
      OUT: { description: 'From the owner.' },
      NONE: { description: 'Neither: the amount is 0.' },
    },
  })
  const LedgerLimitWindow = builder.enumType('LedgerLimitWindow', {
    description: 'A window: of the calendar in UTC, with weeks from Monday, or anchored.',
    values: Object.fromEntries(
      limitWindows.map((value) => [value.toUpperCase(), { value, description: windowDescriptions[value] }]),
    ),
  })
  const LedgerLimit = builder.objectRef<OperationLimit>('LedgerLimit').implement({
    description:
      'How often an owner may have an operation in a window, or how many credits it may move there.',
    fields: (t) => ({
      times: t.exposeInt('times', {
        nullable: true,
        description: 'How many times in one window. Null for any number of times.',
      }),
      credits: t.expose('credits', {
        type: 'SafeInt',
        nullable: true,
        description: 'How many credits in one window. Null for any number of credits.',
      }),
      per: t.expose('per', {
        type: LedgerLimitWindow,
        nullable: false,
        description: 'The window in which they are counted.',
      }),
      anchored: t.boolean({
        nullable: false,
        description: 'Whether a window begins with the first posting that counts, not with the calendar.',
        resolve: ({ anchored = false }) => anchored,
      }),
    }),
  })
  const LedgerScope = builder.enumType('LedgerScope', {
    description: 'What a caller may do. No scope includes another.',
    values: Object.fromEntries(
      scopes.map((value) => [
        value.toUpperCase(),
        {
          value,
          description: LedgerLotKind && value === 'correct' ? correctsLots : scopeDescriptions[value],
        },
      ]),
    ),
  })
  const LedgerExchangeRate = hasExchanges(ledger.operations)
    ? builder.objectRef<Exchange>('LedgerExchangeRate').implement({
        description: 'What an owner gets for the credits that an operation takes.',
        fields: (t) => ({
          into: t.expose('into', {
            type: LedgerOperation,
            nullable: false,
            description: 'The operation that gives the credits, in another book.',
          }),
          give: t.field({
            type: 'SafeInt',
            nullable: false,
            description: 'Credits are taken in multiples of this number.',
            resolve: ({ rate }) => rate.give,
          }),
          get: t.field({
            type: 'SafeInt',
            nullable: false,
            description: 'How many credits the owner gets for each multiple.',
            resolve: ({ rate }) => rate.get,
          }),
        }),
      })
    : undefined
  const LedgerLotTerms = LedgerLotKind && addLotTerms(builder, LedgerLotKind)
  return builder.objectRef<OperationInfo>('LedgerOperationInfo').implement({
    description: 'An operation, described for a form. Amounts are numbers of credits, >= 0, as in inputs.',
    fields: (t) => ({
      name: t.expose('name', {
        type: LedgerOperation,
        nullable: false,
        description: 'Its name, as inputs take it.',
      }),
      description: t.exposeString('description', {
        nullable: true,
        description: 'What it is for, in the words of the app. Null when the app has none.',
      }),
      shared: t.exposeBoolean('shared', { nullable: false, description: 'Whether every app has it.' }),
      direction: t.expose('direction', {
        type: LedgerDirection,
        nullable: false,
        description: 'Where it moves credits.',
      }),
      minAmount: t.expose('min', {
        type: 'SafeInt',
        nullable: false,
        description: 'The fewest credits that it takes or gives.',
      }),
      maxAmount: t.expose('max', {
        type: 'SafeInt',
        nullable: false,
        description: 'The most credits. The same as minAmount for a fixed amount.',
      }),
      defaultAmount: t.expose('default', {
        type: 'SafeInt',
        nullable: true,
        description: 'The amount when the input has none. Null when the input must have one.',
      }),
      limit: t.expose('limit', {
        type: LedgerLimit,
        nullable: true,
        description: 'How often an owner may have it, or how many credits it may move. Null for no limit.',
      }),
      paired: t.exposeBoolean('paired', {
        nullable: false,
        description: 'Whether it is posted only in balanced transactions, such as a transfer.',
      }),
      retired: t.exposeBoolean('retired', {
        nullable: false,
        description: 'Whether it is no longer posted. Its entries can still be read and corrected.',
      }),
      internal: t.exposeBoolean('internal', {
        nullable: false,
        description: 'Whether only the app itself posts it, and no request may.',
      }),
      scope: t.expose('scope', {
        type: LedgerScope,
        nullable: true,
        description: 'The scope that a caller needs in addition to POST. Null for none.',
      }),
      state: t.expose('state', {
        type: LedgerAccountState,
        nullable: true,
        description: 'The state in which it puts the account. Null for an operation that changes none.',
      }),
      ...(LedgerBook && {
        book: t.field({
          type: LedgerBook,
          nullable: false,
          description: 'In which book it is posted.',
          resolve: ({ book }) => book ?? ledger.app,
        }),
      }),
      ...(LedgerExchangeRate && {
        exchange: t.expose('exchange', {
          type: LedgerExchangeRate,
          nullable: true,
          description:
            'What an owner gets for the credits that it takes. Null if `exchangeCredits` does not take it.',
        }),
      }),
      ...(LedgerLotTerms && {
        lot: t.expose('lot', {
          type: LedgerLotTerms,
          nullable: true,
          description:
            'The lots that its credits make. Null for none, and for lots of kind PAID that never expire.',
        }),
      }),
    }),
  })
}
