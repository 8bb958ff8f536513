import { buildSchema, printSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createBothWays } from './both-ways.ts'
import { createTestApp, ledger, owner, rowsWritten, schema } from './harness.ts'

const aliased = (count: number, field: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field(index)}`).join(' ')

/** Selects each entry's transaction and that transaction's entries, nested so many times. */
const roundAndRound = (times: number) =>
  `{ ledgerTransaction(id: "t") { ${'entries { transaction { '.repeat(times)} id ${'} } '.repeat(times)} } }`

const summary = () =>
  'ledgerSummary(from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z", per: DAY) { count }'

describe('a document that may cost too much is refused', () => {
  test.each([
    ['three rounds from a transaction to its entries', roundAndRound(3)],
    ['four', roundAndRound(4)],
    ['forty', roundAndRound(40)],
    [
      'the same in fragments',
      `{ ledgerTransaction(id: "t") { ...A } }
      fragment A on LedgerTransaction { entries { transaction { ...B } } }
      fragment B on LedgerTransaction { entries { transaction { entries { transaction { id } } } } }`,
    ],
    [
      'the same in inline fragments',
      '{ ledgerTransaction(id: "t") { ... { entries { ... on LedgerEntry { transaction { entries { transaction { entries { id } } } } } } } } }',
    ],
    [
      'the same under an interface',
      `mutation { postLedgerEntry(input: { ownerId: "ann", operation: CREDIT_ADD, nonce: "n" }) {
      ... on Error { code ... on DuplicateNonceError { entry { transaction { entries { transaction { entries { transaction { entries { id } } } } } } } } } } }`,
    ],
    [
      'the same under a condition',
      '{ ledgerTransaction(id: "t") { entries { transaction { entries @include(if: true) { transaction { entries { id } } } } } } }',
    ],
    [
      'the entries of each entry under 20 aliases',
      `{ ledgerTransaction(id: "t") { entries { transaction { ${aliased(20, () => 'entries { id }')} } } } }`,
    ],
    [
      'fragments that double 60 times',
      `{ ledgerEntry(id: "1") { ...F0 } } ${Array.from({ length: 30 }, (_, i) => `fragment F${i} on LedgerEntry { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F30 on LedgerEntry { id }`,
    ],
    ['150 summaries', `{ ${aliased(150, summary)} }`],
    [
      '300 mutations',
      `mutation ($input: PostLedgerEntryInput!) { ${aliased(300, () => 'postLedgerEntry(input: $input) { __typename }')} }`,
    ],
    [
      'pages of entries by metadata, which are looked for',
      `{ ${aliased(100, (i) => `ledgerEntries(ownerId: "ann", metadata: { key: "k", value: "${i}" }) { edges { cursor } }`)} }`,
    ],
    [
      'a subscription whose events are too large',
      'subscription { ledgerEntryPosted(ownerId: "ann") { entry { transaction { entries { transaction { entries { transaction { id nonce createdOn } } } } } } } }',
    ],
  ])('%s', async (_, query) => {
    const { graphql, lines } = createTestApp()
    for (const _time of ['fresh', 'again']) {
      const { status, json } = await graphql(query)
      const [error] = json.errors
      expect([status, error.extensions.code]).toEqual([400, 'QUERY_TOO_EXPENSIVE'])
      expect(error.extensions.cost).toBeGreaterThan(error.extensions.maxCost)
      expect(error.message).toContain(`more than ${error.extensions.maxCost.toLocaleString('en')}`)
      expect(json).not.toHaveProperty('data')
    }
    expect(await rowsWritten()).toBe(0)
    expect(lines.map(({ outcome, status }) => [outcome, status])).toEqual(
      Array.from({ length: 2 }, () => ['QUERY_TOO_EXPENSIVE', 400]),
    )
  })

  test('each time anew, by its variables', async () => {
    const { graphql } = createTestApp()
    const query = `query ($first: Int) { ${aliased(30, () => 'ledgerEntries(ownerId: "ann", first: $first) { edges { node { id } } }')} }`
    const codes = []
    for (const first of [1, 100_000, 2, 100_000, undefined]) {
      const { json } = await graphql(query, { first })
      codes.push(json.errors?.[0].extensions.code ?? 'answered')
    }
    expect(codes).toEqual(['answered', 'QUERY_TOO_EXPENSIVE', 'answered', 'QUERY_TOO_EXPENSIVE', 'answered'])
  })

  test('by the length of its list of inputs, before the inputs are read', async () => {
    const { graphql } = createTestApp()
    const query = `mutation ($inputs: [PostLedgerEntryInput!]!) {
      ${aliased(10, () => 'postLedgerEntries(inputs: $inputs) { ... on Error { code } }')}
    }`
    const { json } = await graphql(query, { inputs: Array.from({ length: 20_000 }, () => null) })
    expect(json.errors[0].extensions.code).toBe('QUERY_TOO_EXPENSIVE')
  })

  test('also when it is known', async () => {
    // The schema has no resolvers, so nothing runs. Its types alone decide the cost.
    const ways = createBothWays(() => ({ schema: buildSchema(printSchema(schema)), calls: () => 0 }))
    const { expected, seen } = await ways.send({ body: { query: roundAndRound(3) } })
    expect(expected).toMatchObject({ status: 400, line: '- QUERY_TOO_EXPENSIVE', faults: 0 })
    for (const answer of seen) expect(answer).toEqual(expected)
    expect(ways.answered()).toBe(2)
  })
})

describe("a document within the product's limits is answered", () => {
  test('a batch of 1,000, a transaction of 100, and pages of 100', async () => {
    const { graphql } = createTestApp()
    const entry =
      '{ id ownerId operation amount balanceAfter nonce seq transactionId metadata createdOn reverses refunds holdId }'
    const inputs = Array.from({ length: 1000 }, (_, index) => ({
      ownerId: owner(),
      operation: 'CREDIT_ADD',
      nonce: `${index}`,
    }))
    const batch = await graphql(
      `mutation ($inputs: [PostLedgerEntryInput!]!) { postLedgerEntries(inputs: $inputs) { ... on PostLedgerEntrySuccess { entry ${entry} } ... on Error { code message } } }`,
      { inputs },
    )
    expect(batch.json.data.postLedgerEntries).toHaveLength(1000)

    const entries = inputs.slice(0, 100).map(({ nonce: _, ...fields }) => fields)
    const transaction = await graphql(
      `mutation ($entries: [LedgerEntryInput!]!) { postLedgerTransaction(input: { nonce: "t", entries: $entries }) { ... on PostLedgerTransactionSuccess { transaction { entries ${entry} } } } }`,
      { entries },
    )
    expect(transaction.json.data.postLedgerTransaction.transaction.entries).toHaveLength(100)

    const page = await graphql(
      `{ ledgerEntries(ownerId: "${owner()}", first: 100) { edges { node ${entry} } } }`,
    )
    expect(page.json.data.ledgerEntries.edges).toHaveLength(100)
  })

  test('150 balances under aliases', async () => {
    const { graphql } = createTestApp()
    const { json } = await graphql(`{ ${aliased(150, (i) => `balance(ownerId: "o${i}") { amount }`)} }`)
    expect(Object.keys(json.data)).toHaveLength(150)
  })
})

test('a page size beyond the limit still gets the message with the limit', async () => {
  const { graphql } = createTestApp()
  const { json } = await graphql('{ ledgerEntries(ownerId: "ann", first: 1000) { edges { node { id } } } }')
  expect(json.errors[0].message).toBe('first must be a whole number from 1 to 100')
  expect(await ledger.balance('ann')).toMatchObject({ amount: 0 })
})
