import { createLedger, createPool } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { graphql } from 'graphql'
import { afterAll, describe, expect, test } from 'vitest'
import { anyone, buildSchema, operations } from './build-schema.ts'

const database = await createTestDatabase()
const pool = createPool(database.url)
const ledger = createLedger({ app: 'content', operations, pool })
const schema = buildSchema(ledger)
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

const run = async (source: string, variableValues?: Record<string, unknown>) =>
  JSON.parse(
    JSON.stringify(await graphql({ schema, source, variableValues, contextValue: { principal: anyone } })),
  )

const post = async (input: object) => {
  const { data, errors } = await run(
    `mutation ($input: PostLedgerEntryInput!) {
      postLedgerEntry(input: $input) {
        __typename
        ... on PostLedgerEntrySuccess { entry { id seq operation amount balanceAfter metadata createdOn reverses refunds } balance { ownerId amount } }
        ... on Error { code message }
        ... on ValidationError { errors { field message } }
        ... on DuplicateNonceError { identical original: entry { id } balance { amount } }
        ... on InsufficientBalanceError { entryIndex balance { amount } }
        ... on BalanceOutOfRangeError { entryIndex balance { amount } }
      }
    }`,
    { input },
  )
  return data?.postLedgerEntry ?? { errors }
}

describe('postLedgerEntry', () => {
  test('returns every outcome as a member of its union', async () => {
    const add = { ownerId: 'ada', operation: 'CREDIT_ADD', nonce: '1', metadata: { a: 'b' } }
    const posted = await post(add)
    expect(posted).toMatchObject({
      __typename: 'PostLedgerEntrySuccess',
      entry: {
        seq: 1,
        operation: 'CREDIT_ADD',
        amount: 10,
        balanceAfter: 10,
        metadata: { a: 'b' },
        reverses: null,
        refunds: null,
      },
      balance: { ownerId: 'ada', amount: 10 },
    })
    expect(new Date(posted.entry.createdOn).toISOString()).toBe(posted.entry.createdOn)
    expect(await post(add)).toMatchObject({
      __typename: 'DuplicateNonceError',
      code: 'DUPLICATE_NONCE',
      identical: true,
      original: { id: posted.entry.id },
      balance: { amount: 10 },
    })
    expect(await post({ ownerId: 'ada', operation: 'CREDIT_SPEND', amount: 11, nonce: '2' })).toMatchObject({
      __typename: 'InsufficientBalanceError',
      code: 'INSUFFICIENT_BALANCE',
      entryIndex: 0,
      balance: { amount: 10 },
    })
    expect(
      await post({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 2 ** 53 - 1, nonce: '2' }),
    ).toMatchObject({
      __typename: 'BalanceOutOfRangeError',
      code: 'BALANCE_OUT_OF_RANGE',
      entryIndex: 0,
      balance: { amount: 10 },
    })
    expect(await post({ ownerId: '', operation: 'CONTENT_CREATION', amount: 6, nonce: '' })).toMatchObject({
      __typename: 'ValidationError',
      code: 'VALIDATION_ERROR',
      errors: [{ field: 'ownerId' }, { field: 'nonce' }],
    })
  })

  test.each([
    ['amount', 1.5],
    ['amount', 2 ** 53],
    ['amount', 1e30],
    ['amount', '5'],
    ['metadata', { a: 1 }],
    ['metadata', 'text'],
    ['metadata', ['a']],
    ['operation', 'PROJECT_PAYMENT'],
    ['ownerId', 5],
    ['dryRun', 'yes'],
    ['extra', 'field'],
  ])('refuses a %s of %j by its type', async (field, value) => {
    const { errors } = await post({ ownerId: 'types', operation: 'CREDIT_ADD', nonce: 'n', [field]: value })
    expect(errors[0].message).toContain(field)
    expect(await ledger.balance('types')).toMatchObject({ amount: 0 })
  })

  test('in a dry run, returns the outcome and writes nothing', async () => {
    const input = { ownerId: 'trier', operation: 'CREDIT_ADD', nonce: 'n', dryRun: true }
    expect(await post(input)).toMatchObject({
      entry: { id: expect.stringMatching(/^dry-run:/), balanceAfter: 10 },
      balance: { amount: 10 },
    })
    expect(await ledger.balance('trier')).toMatchObject({ amount: 0 })
    expect(await post({ ...input, dryRun: null })).toMatchObject({ entry: { seq: 1 } })
  })

  test('accepts metadata written in the document', async () => {
    const { data } = await run(`mutation {
      postLedgerEntry(input: { ownerId: "literal", operation: CREDIT_ADD, nonce: "n", metadata: { colour: "red" } }) {
        ... on PostLedgerEntrySuccess { entry { metadata } }
      }
    }`)
    expect(data.postLedgerEntry.entry.metadata).toEqual({ colour: 'red' })
  })
})

describe('the queries', () => {
  test('read what was posted', async () => {
    for (const nonce of ['1', '2', '3']) await post({ ownerId: 'reader', operation: 'CREDIT_ADD', nonce })
    const { data } = await run(`{
      balance(ownerId: "reader") { ownerId amount }
      ledgerEntryByNonce(ownerId: "reader", nonce: "2") { id seq }
      missing: ledgerEntry(id: "999999") { id }
      ledgerEntries(ownerId: "reader", first: 2) { edges { cursor node { seq } } pageInfo { hasNextPage endCursor } }
      none: ledgerEntries(ownerId: "reader", operations: [CONTENT_ACCESS]) { edges { cursor } }
    }`)
    expect(data).toMatchObject({
      balance: { ownerId: 'reader', amount: 30 },
      ledgerEntryByNonce: { seq: 2 },
      missing: null,
      ledgerEntries: { edges: [{ node: { seq: 3 } }, { node: { seq: 2 } }], pageInfo: { hasNextPage: true } },
      none: { edges: [] },
    })
    const { id } = data.ledgerEntryByNonce
    expect(
      (await run('query ($id: ID!) { ledgerEntry(id: $id) { nonce } }', { id })).data.ledgerEntry.nonce,
    ).toBe('2')
    const after = data.ledgerEntries.pageInfo.endCursor
    const next = await run(
      'query ($after: String) { ledgerEntries(ownerId: "reader", after: $after) { edges { node { seq } } } }',
      { after },
    )
    expect(next.data.ledgerEntries.edges).toEqual([{ node: { seq: 1 } }])
  })

  test('describe each operation for a form', async () => {
    const { data } = await run(
      '{ ledgerOperations { name shared direction minAmount maxAmount defaultAmount description limit { times per } paired } }',
    )
    expect(data.ledgerOperations).toHaveLength(6)
    expect(data.ledgerOperations).toContainEqual({
      name: 'CREDIT_SPEND',
      shared: true,
      direction: 'OUT',
      minAmount: 1,
      maxAmount: 2 ** 53 - 1,
      defaultAmount: 1,
      description: 'Credits that an owner spends.',
      limit: null,
      paired: false,
    })
    expect(data.ledgerOperations).toContainEqual(
      expect.objectContaining({
        name: 'CONTENT_ACCESS',
        shared: false,
        direction: 'NONE',
        minAmount: 0,
        maxAmount: 0,
      }),
    )
  })
})
