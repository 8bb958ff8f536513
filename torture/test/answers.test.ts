import { describe, expect, test } from 'vitest'
import { graphOutcomeOf, restOutcomeOf } from '../ways/answers.ts'

const restEntry = {
  id: 7,
  operation: 'CREDIT_ADD',
  owner_id: 'ada',
  amount: 5,
  nonce: 'n',
  balance_after: 5,
  created_on: '2026-11-29T22:00:00.000Z',
  metadata: {},
  transaction_id: 't',
}

const told = {
  id: '7',
  operation: 'CREDIT_ADD',
  owner: 'ada',
  amount: 5,
  nonce: 'n',
  balanceAfter: 5,
  createdOn: '2026-11-29T22:00:00.000Z',
  transactionId: 't',
}

describe('REST', () => {
  test.each([
    ['a success', 200, { entry: restEntry, balance: 5 }, { is: 'done', entries: [told], isReplay: false }],
    [
      'the original of a repetition',
      409,
      { code: 'DUPLICATE_NONCE', entry: restEntry },
      { is: 'done', entries: [told], isReplay: true },
    ],
    [
      'a transaction',
      200,
      { transaction: { id: 't', entries: [restEntry] } },
      { is: 'done', entries: [told] },
    ],
    ['a hold', 201, { hold: { id: 3, status: 'held' } }, { is: 'done', hold: { id: '3' } }],
    [
      'too few credits',
      400,
      { code: 'INSUFFICIENT_BALANCE' },
      { is: 'refused', code: 'INSUFFICIENT_BALANCE' },
    ],
    [
      'credits that would have expired',
      422,
      { code: 'VALIDATION_ERROR', errors: [{ field: 'expires_on', message: 'has passed' }] },
      { is: 'refused', code: 'VALIDATION_ERROR' },
    ],
    ['a database that is away', 503, { code: 'DATABASE_UNAVAILABLE' }, { is: 'unknown' }],
    ['a fault', 500, { code: 'INTERNAL_ERROR' }, { is: 'wrong' }],
    ['another refusal', 422, { code: 'VALIDATION_ERROR' }, { is: 'wrong' }],
    ['an entry without an id', 200, { entry: { ...restEntry, id: undefined } }, { is: 'wrong' }],
  ])('%s', (_what, status, body, expected) => {
    expect(restOutcomeOf(status, body)).toMatchObject(expected)
  })
})

describe('GraphQL', () => {
  const entry = { ...told, ownerId: 'ada', operationName: 'CREDIT_ADD' }
  test.each([
    [
      'a success',
      { __typename: 'PostLedgerEntrySuccess', entry },
      { is: 'done', entries: [told], isReplay: false },
    ],
    [
      'the original of a repetition',
      { __typename: 'DuplicateNonceError', code: 'DUPLICATE_NONCE', identical: true, entry },
      { is: 'done', entries: [told], isReplay: true },
    ],
    [
      'a nonce that was used for something else',
      { __typename: 'DuplicateNonceError', code: 'DUPLICATE_NONCE', identical: false, entry },
      { is: 'wrong' },
    ],
    [
      'too few credits',
      { __typename: 'InsufficientBalanceError', code: 'INSUFFICIENT_BALANCE' },
      { is: 'refused', code: 'INSUFFICIENT_BALANCE' },
    ],
    [
      'credits that would have expired',
      {
        ...{ __typename: 'ValidationError', code: 'VALIDATION_ERROR' },
        errors: [{ field: 'expiresOn', message: 'has passed' }],
      },
      { is: 'refused', code: 'VALIDATION_ERROR' },
    ],
    ['another refusal', { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }, { is: 'wrong' }],
    ['nothing', null, { is: 'wrong' }],
  ])('%s', (_what, outcome, expected) => {
    expect(graphOutcomeOf(outcome)).toMatchObject(expected)
  })
})
