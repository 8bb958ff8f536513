import { expect, test } from 'vitest'
import { openGraph } from './open-graph.ts'

const { run, amounts } = await openGraph()

const post = (inputs: unknown, dryRun?: unknown) =>
  run(
    `mutation ($inputs: [PostLedgerEntryInput!]!, $dryRun: Boolean) {
      postLedgerEntries(inputs: $inputs, dryRun: $dryRun) {
        __typename
        ... on PostLedgerEntrySuccess { entry { id seq amount } balance { amount } }
        ... on Error { code ... on ValidationError { errors { field } } ... on DuplicateNonceError { identical } }
        ... on LimitReachedError { nextOn }
      }
    }`,
    { inputs, dryRun },
  )

const add = (ownerId: string, nonce: string) => ({ ownerId, operation: 'CREDIT_ADD', nonce })

test('each entry is judged on its own, and answered in order', async () => {
  const { data } = await post([
    add('a', '1'),
    add('', '2'),
    { ...add('a', '3'), operation: 'CREDIT_SPEND', amount: 11 },
    add('b', '4'),
    add('a', '1'),
    { ...add('a', '5'), operation: 'SIGNUP_CREDIT' },
    { ...add('a', '6'), operation: 'SIGNUP_CREDIT' },
    { ...add('a', '7'), operation: 'CREDIT_SPEND', amount: 13 },
  ])
  expect(data.postLedgerEntries).toMatchObject([
    { __typename: 'PostLedgerEntrySuccess', entry: { seq: 1, amount: 10 }, balance: { amount: 10 } },
    { __typename: 'ValidationError', errors: [{ field: 'ownerId' }] },
    { __typename: 'InsufficientBalanceError', code: 'INSUFFICIENT_BALANCE' },
    { entry: { seq: 1 }, balance: { amount: 10 } },
    { __typename: 'DuplicateNonceError', identical: true },
    { entry: { amount: 3 }, balance: { amount: 13 } },
    { __typename: 'LimitReachedError', code: 'LIMIT_REACHED', nextOn: null },
    { entry: { amount: -13 }, balance: { amount: 0 } },
  ])
  expect(await amounts('a', 'b')).toEqual([0, 10])
})

test('a dry run applies to all entries', async () => {
  const { data } = await post([add('tried', '1'), add('tried', '1'), add('tried', '2')], true)
  expect(data.postLedgerEntries).toMatchObject([
    { entry: { id: expect.stringMatching(/^dry-run:/) }, balance: { amount: 10 } },
    { __typename: 'DuplicateNonceError' },
    { balance: { amount: 20 } },
  ])
  expect(await amounts('tried')).toEqual([0])
})

test('an input with its own dryRun is refused, and posts nothing', async () => {
  const { data } = await post([{ ...add('own', '1'), dryRun: true }, add('own', '2')])
  expect(data.postLedgerEntries).toMatchObject([
    { __typename: 'ValidationError', errors: [{ field: 'dryRun' }] },
    { entry: { seq: 1 } },
  ])
  expect(await amounts('own')).toEqual([10])
})

test('accepts 1 to 1,000 entries', async () => {
  const many = Array.from({ length: 1000 }, (_, n) => add(`many ${n % 10}`, String(n)))
  const { data } = await post(many)
  expect(new Set(data.postLedgerEntries.map((of: { __typename: string }) => of.__typename))).toEqual(
    new Set(['PostLedgerEntrySuccess']),
  )
  expect(await amounts('many 0', 'many 9')).toEqual([1000, 1000])
  for (const inputs of [[], [...many, add('many 0', 'more')]]) {
    const { errors } = await post(inputs)
    expect(errors[0].message).toBe('inputs must be a list of 1 to 1000 entries')
  }
})

test.each([
  [null],
  ['text'],
  [[null]],
  [[5]],
  [[{ ownerId: 'bad' }]],
  [[{ ...add('bad', 'n'), amount: '1' }]],
])('refuses inputs of another type (%j)', async (inputs) => {
  const { errors } = await post(inputs)
  expect(errors[0].message).toContain('inputs')
})
