// How many SQL statements a document costs, as PostgreSQL counts them.
import { expect, test } from 'vitest'
import { openGraph } from './open-graph.ts'

const { database, ledger, run } = await openGraph()
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Runs a document that must not fail, and returns how many statements it cost. */
async function costOf(document: string, variables: Record<string, unknown> = {}): Promise<number> {
  const statements = await database.statementsOf(async () => {
    const { errors } = await run(document, variables)
    expect(errors).toBeUndefined()
  })
  // Wake-ups of readers are left out: no posting waits for them, and a burst has few.
  return statements.filter((statement) => !statement.includes('pg_notify')).length
}

/** Makes a document that selects a field many times, each time with another argument. */
const aliases = (count: number, field: (n: number) => string) =>
  `{ ${numbers(count)
    .map((n) => `a${n}: ${field(n)}`)
    .join('\n')} }`

const entryIds: string[] = []
const transactionIds: string[] = []
const holdIds: string[] = []
for (const n of numbers(100)) {
  const entry = { ownerId: `owner ${n}`, operation: 'CREDIT_ADD', amount: 10 } as const
  const entries = [
    entry,
    { ...entry, ownerId: 'paged' },
    { ...entry, operation: 'CREDIT_SPEND', amount: 1 },
  ] as const
  const posted = await ledger.postTransaction({ nonce: `${n}`, entries })
  const held = await ledger.holdCredits({ ...entries[2], nonce: `hold ${n}`, expiresIn: 600 })
  if (!posted.ok || !held.ok) throw new Error('not posted')
  const captured = n % 2 ? await ledger.captureHold({ id: held.hold.id, nonce: `capture ${n}` }) : undefined
  if (captured?.ok === false) throw captured.error
  transactionIds.push(posted.transaction.id)
  entryIds.push(...posted.transaction.entries.slice(0, 1).map(({ id }) => id))
  holdIds.push(held.hold.id)
}

const all =
  'id ownerId amount balanceAfter transaction { id entries { id transaction { id entries { id } } } }'
const asOf = new Date().toISOString()

test.each<[string, number, (n: number) => string]>([
  ['balance', 1, (n) => `balance(ownerId: "owner ${n}") { amount held overdraft available }`],
  ['balance at a moment', 1, (n) => `balance(ownerId: "owner ${n}", asOf: "${asOf}") { amount }`],
  ['ledgerEntry', 1, (n) => `ledgerEntry(id: "${entryIds[n]}") { id }`],
  ['ledgerEntry with its transaction', 2, (n) => `ledgerEntry(id: "${entryIds[n]}") { ${all} }`],
  ['ledgerEntryByNonce', 2, (n) => `ledgerEntryByNonce(ownerId: "owner ${n}", nonce: "${n}") { ${all} }`],
  ['ledgerTransaction', 1, (n) => `ledgerTransaction(id: "${transactionIds[n]}") { entries { ${all} } }`],
  ['ledgerHold', 3, (n) => `ledgerHold(id: "${holdIds[n]}") { status capturedBy { ${all} } }`],
  ['ledgerHolds', 1, (n) => `ledgerHolds(ownerId: "owner ${n}") { id status capturedBy { id } }`],
])('%s costs %i statements, however often it is asked for', async (_field, cost, field) => {
  // Of two holds, the second one is captured.
  for (const count of [2, 20, 100]) expect(await costOf(aliases(count, field))).toBe(cost)
})

test('a page of entries with everything that they lead to costs the same at any size', async () => {
  const document = `query ($first: Int) {
    ledgerEntries(ownerId: "paged", first: $first) { edges { cursor node { ${all} } } pageInfo { hasNextPage } }
    balance(ownerId: "paged") { amount }
    ledgerAccounts(first: $first) { edges { node { ownerId balance { amount held } } } }
  }`
  for (const first of [1, 10, 100]) expect(await costOf(document, { first })).toBe(4)
})

test('pages of many owners and sizes cost one statement, and one more for their entries’ transactions', async () => {
  const pages = (count: number) =>
    aliases(
      count,
      (n) => `ledgerEntries(ownerId: "owner ${n}", first: ${n + 1}) { edges { node { ${all} } } }`,
    )
  for (const count of [1, 10, 100]) expect(await costOf(pages(count))).toBe(2)
})

const input = (n: number) => `{ ownerId: "poster", operation: CREDIT_ADD, nonce: "${n}" }`
test('a posting costs one statement, whatever is selected of its answer', async () => {
  const posting = (n: number, selection: string) =>
    costOf(`mutation { postLedgerEntry(input: ${input(n)}) { ${selection} } }`)
  const success = '... on PostLedgerEntrySuccess { entry { id balanceAfter } balance { amount held } }'
  expect(await posting(1, `__typename ${success}`)).toBe(1)
  expect(await posting(1, '... on DuplicateNonceError { entry { id } balance { amount } }')).toBe(1)
})

test('a list of postings costs one statement, at any length', async () => {
  for (const count of [1, 10, 100]) {
    const inputs = numbers(count).map((n) => input(count * 1000 + n))
    const cost = await costOf(`mutation { postLedgerEntries(inputs: [${inputs}]) { __typename } }`)
    expect(cost).toBe(1)
  }
})
