import { ValidationError } from '@shared-ledger/ledger'
import { graphql } from 'graphql'
import { describe, expect, test } from 'vitest'
import { anyone } from './build-schema.ts'
import { openGraph } from './open-graph.ts'

const { schema, ledger, run, give, shiftClock } = await openGraph()

/** Returns the fields for which the ledger refuses a query. */
async function refusedFields(source: string, variableValues: Record<string, unknown>) {
  const { errors = [] } = await graphql({
    schema,
    source,
    variableValues,
    contextValue: { principal: anyone },
  })
  return errors.flatMap(({ originalError }) => {
    if (!(originalError instanceof ValidationError)) throw new Error('The ledger did not refuse it.')
    return originalError.errors.map(({ field }) => field)
  })
}

const post = (ownerId: string, operation: 'CREDIT_ADD' | 'CREDIT_SPEND', metadata = {}) =>
  ledger.postEntry({ ownerId, operation, nonce: crypto.randomUUID(), metadata })

/** Makes an owner with entries on two days. Returns a moment between the two days. */
async function withHistory(ownerId: string) {
  await shiftClock('-3 days')
  await post(ownerId, 'CREDIT_ADD', { order: '1' })
  await post(ownerId, 'CREDIT_SPEND', { order: '2' })
  await shiftClock('0 days')
  await post(ownerId, 'CREDIT_ADD', { order: '1' })
  const day = 86_400_000
  return new Date(Date.now() - 2 * day).toISOString()
}

describe('balance', () => {
  const query = `query ($ownerId: String!, $asOf: DateTime) {
    balance(ownerId: $ownerId, asOf: $asOf) { ownerId amount held overdraft available }
  }`
  test('at a moment is the balance after the last entry until then, without holds', async () => {
    const ownerId = 'past'
    const asOf = await withHistory(ownerId)
    expect((await run(query, { ownerId, asOf })).data.balance).toEqual({
      ownerId,
      amount: 9,
      held: null,
      overdraft: null,
      available: null,
    })
    expect((await run(query, { ownerId, asOf: '2000-01-01T00:00:00Z' })).data.balance.amount).toBe(0)
    const now = { ownerId, amount: 19, held: 0, overdraft: 0, available: 19 }
    expect((await run(query, { ownerId })).data.balance).toEqual(now)
    expect((await run(query, { ownerId, asOf: null })).data.balance).toEqual(now)
  })

  test('refuses an invalid moment', async () => {
    expect(await refusedFields(query, { ownerId: 'o', asOf: '0001-01-01T00:00:00Z' })).toEqual(['asOf'])
    expect(await refusedFields(query, { ownerId: '', asOf: '2026-01-01T00:00:00Z' })).toEqual(['ownerId'])
    for (const asOf of ['yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '', true, {}]) {
      const { errors } = await run(query, { ownerId: 'o', asOf })
      expect(errors[0].message, JSON.stringify(asOf)).toContain('asOf')
    }
  })
})

describe('ledgerEntries', () => {
  const query = `query ($ownerId: String!, $from: DateTime, $to: DateTime, $order: LedgerEntryOrder,
                        $metadata: LedgerMetadataFilter, $operations: [LedgerOperation!], $first: Int, $after: String) {
    ledgerEntries(ownerId: $ownerId, from: $from, to: $to, order: $order, metadata: $metadata,
                  operations: $operations, first: $first, after: $after) {
      edges { node { seq } }
      pageInfo { hasNextPage endCursor }
    }
  }`
  const read = async (variables: Record<string, unknown>) => {
    const { edges, pageInfo } = (await run(query, variables)).data.ledgerEntries
    return { ...pageInfo, seqs: edges.map(({ node }: { node: { seq: number } }) => node.seq) }
  }

  test('are read by time, order, operation and metadata', async () => {
    const ownerId = 'reader'
    const between = await withHistory(ownerId)
    expect(await read({ ownerId })).toMatchObject({ seqs: [3, 2, 1] })
    expect(await read({ ownerId, order: 'OLDEST_FIRST' })).toMatchObject({ seqs: [1, 2, 3] })
    expect(await read({ ownerId, from: between })).toMatchObject({ seqs: [3] })
    expect(await read({ ownerId, to: between })).toMatchObject({ seqs: [2, 1] })
    expect(await read({ ownerId, from: between, to: between })).toMatchObject({ seqs: [] })
    expect(await read({ ownerId, metadata: { key: 'order', value: '1' } })).toMatchObject({ seqs: [3, 1] })
    expect(await read({ ownerId, metadata: { key: 'none', value: '' } })).toMatchObject({ seqs: [] })
    const all = { ownerId, to: between, order: 'OLDEST_FIRST', operations: ['CREDIT_SPEND', 'CREDIT_ADD'] }
    const first = await read({ ...all, first: 1 })
    expect(first).toMatchObject({ seqs: [1], hasNextPage: true })
    expect(await read({ ...all, first: 1, after: first.endCursor })).toMatchObject({
      seqs: [2],
      hasNextPage: false,
    })
  })

  test('refuse bad filters', async () => {
    const ownerId = 'o'
    expect(await refusedFields(query, { ownerId, from: '1969-12-31T00:00:00Z' })).toEqual(['from'])
    expect(await refusedFields(query, { ownerId, metadata: { key: '\0', value: 'v' } })).toEqual([
      'metadata.key',
    ])
    expect(await refusedFields(query, { ownerId, metadata: { key: 'k', value: '\ud800' } })).toEqual([
      'metadata.value',
    ])
    for (const bad of [
      { order: 'RANDOM' },
      { metadata: { key: 'k' } },
      { metadata: 'k' },
      { metadata: { key: 1, value: 'v' } },
      { from: 'today' },
      { to: 5.5e300 },
    ]) {
      const [field = ''] = Object.keys(bad)
      expect((await run(query, { ownerId, ...bad })).errors[0].message, field).toContain(field)
    }
  })
})

describe('ledgerSummary', () => {
  const query = `query ($ownerId: String, $from: DateTime!, $to: DateTime!, $per: LedgerSummaryWindow!, $operations: [LedgerOperation!]) {
    ledgerSummary(ownerId: $ownerId, from: $from, to: $to, per: $per, operations: $operations) {
      operation start count gross reversed
    }
  }`
  const wide = { from: '2020-01-01T00:00:00Z', to: '2090-01-01T00:00:00Z', per: 'MONTH' }

  test('counts and adds up, gross and reversed', async () => {
    const ownerId = 'summed'
    const { transactionId } = await give(ownerId, 30)
    await give(ownerId, 12)
    await ledger.reverseTransaction({ id: transactionId, nonce: 'undo' })
    await post(ownerId, 'CREDIT_SPEND')
    const { data } = await run(query, { ...wide, ownerId })
    expect(data.ledgerSummary).toHaveLength(2)
    expect(data.ledgerSummary).toMatchObject([
      { operation: 'CREDIT_ADD', count: 2, gross: 42, reversed: -30 },
      { operation: 'CREDIT_SPEND', count: 1, gross: -1, reversed: 0 },
    ])
    expect(data.ledgerSummary[0].start).toMatch(/-01T00:00:00.000Z$/)
    const spent = await run(query, { ...wide, ownerId, operations: ['CREDIT_SPEND'] })
    expect(spent.data.ledgerSummary).toHaveLength(1)
    expect((await run(query, { ...wide, ownerId: 'nobody' })).data.ledgerSummary).toEqual([])
    expect((await run(query, wide)).data.ledgerSummary.length).toBeGreaterThan(0)
  })

  test('refuses bad ranges', async () => {
    expect(await refusedFields(query, { ...wide, to: wide.from })).toEqual(['to'])
    expect(await refusedFields(query, { ...wide, per: 'HOUR' })).toEqual(['to'])
    expect(await refusedFields(query, { ...wide, ownerId: '' })).toEqual(['ownerId'])
    expect(await refusedFields(query, { ...wide, from: '1960-01-01T00:00:00Z' })).toContain('from')
    for (const bad of [{ per: 'WEEK' }, { from: null }, { to: 'x' }, { operations: ['NONE'] }]) {
      const [field = ''] = Object.keys(bad)
      expect((await run(query, { ...wide, ...bad })).errors[0].message).toContain(field)
    }
  })
})

test('ledgerTotals and ledgerOutstanding are of all accounts', async () => {
  await give('together', 5)
  const query = `query ($from: DateTime!, $to: DateTime!) {
    ledgerTotals { accounts amount held overdraft frozen closed }
    ledgerOutstanding(from: $from, to: $to, per: MONTH) { start amount }
  }`
  const [from, to] = [new Date(Date.now() - 40 * 86_400_000), new Date(Date.now() + 86_400_000)]
  const { ledgerTotals, ledgerOutstanding } = (await run(query, { from, to })).data
  const { book: _book, ...totals } = await ledger.totals()
  expect(ledgerTotals).toEqual(totals)
  expect(ledgerOutstanding.at(-1).amount).toBe(totals.amount)
  expect(await refusedFields(query, { from: to, to: from })).toEqual(['to'])
})

test('ledgerStatus is what the ledger says', async () => {
  const query = `{
    ledgerStatus {
      app version sqlVersion startedOn database { version sqlVersion cluster readOnly }
      servers { name startedOn connections } postingsWaiting pool { open idle waiting } batchSize latencyMs { p50 p99 }
      postingsPerMinute { minute count } refusals { code count } lastVerify { on ok questions }
    }
  }`
  const { ledgerStatus } = (await run(query)).data
  const status = JSON.parse(JSON.stringify(await ledger.status()))
  expect(Object.keys(ledgerStatus).toSorted()).toEqual(Object.keys(status).toSorted())
  for (const key of ['app', 'version', 'sqlVersion', 'startedOn', 'database', 'lastVerify']) {
    expect([key, ledgerStatus[key]]).toEqual([key, status[key]])
  }
  expect(ledgerStatus.postingsPerMinute).toHaveLength(60)
})

test('ledgerAccounts has three orders', async () => {
  await give('ordered a', 1_000_000)
  await give('ordered b', 2_000_000)
  const query = `query ($order: LedgerAccountOrder) {
    ledgerAccounts(prefix: "ordered", order: $order) { edges { node { ownerId } } }
  }`
  const owners = async (order?: string) =>
    (await run(query, { order })).data.ledgerAccounts.edges.map(
      ({ node }: { node: { ownerId: string } }) => node.ownerId,
    )
  expect(await owners()).toEqual(['ordered a', 'ordered b'])
  expect(await owners('OWNER')).toEqual(['ordered a', 'ordered b'])
  expect(await owners('HIGHEST_BALANCE')).toEqual(['ordered b', 'ordered a'])
  expect(await owners('LAST_CHANGED')).toEqual(['ordered b', 'ordered a'])
})

describe('ledgerAccounts', () => {
  const query = `query ($prefix: String, $first: Int, $after: String, $last: Int) {
    ledgerAccounts(prefix: $prefix, first: $first, after: $after, last: $last) {
      edges { cursor node { ownerId balance { amount available } entryCount createdOn updatedOn } }
      pageInfo { hasNextPage endCursor }
    }
  }`

  test('are read by prefix, page by page', async () => {
    for (const name of ['b', 'a', 'c']) await give(`page%_ ${name}`, 5)
    await give('page no', 5)
    const first = (await run(query, { prefix: 'page%_', first: 2 })).data.ledgerAccounts
    expect(first).toMatchObject({
      edges: [
        { node: { ownerId: 'page%_ a', balance: { amount: 5, available: 5 }, entryCount: 1 } },
        { node: { ownerId: 'page%_ b' } },
      ],
      pageInfo: { hasNextPage: true },
    })
    const { endCursor } = first.pageInfo
    const rest = (await run(query, { prefix: 'page%_', after: endCursor })).data.ledgerAccounts
    expect(rest).toMatchObject({
      edges: [{ node: { ownerId: 'page%_ c' } }],
      pageInfo: { hasNextPage: false },
    })
    expect((await run(query)).data.ledgerAccounts.edges.length).toBeGreaterThan(3)
    expect((await run(query, { prefix: '' })).data.ledgerAccounts.edges.length).toBeGreaterThan(3)
  })

  test('refuse bad pages', async () => {
    expect(await refusedFields(query, { prefix: 'a\0' })).toEqual(['prefix'])
    expect(await refusedFields(query, { prefix: 'x'.repeat(256) })).toEqual(['prefix'])
    expect(await refusedFields(query, { first: 0 })).toEqual(['first'])
    expect(await refusedFields(query, { first: 101 })).toEqual(['first'])
    expect(await refusedFields(query, { first: 1, last: 1 })).toEqual(['last'])
    expect(await refusedFields(query, { after: 'none' })).toEqual(['after'])
    const { endCursor } = (await ledger.entries({ ownerId: 'page no' })).pageInfo
    expect(await refusedFields(query, { after: endCursor })).toEqual(['after'])
  })
})
