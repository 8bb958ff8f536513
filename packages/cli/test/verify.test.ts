import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { findRoot } from '@shared-ledger/postgres'
import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcomeHere, outcomeOf } from './support/command.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let sql: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  const pool = createPool(database.url)
  const ledger = createLedger({ app: 'content', operations: defineOperations(sharedOperations), pool })
  for (const ownerId of ['ada', 'bob']) {
    await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce: 'n' })
  }
  await ledger.close()
  await pool.end()
})
afterAll(async () => {
  await sql.end()
  await database.drop()
})

const verify = (...apps: string[]) =>
  outcomeHere('verify', findRoot(), apps, { env: { DATABASE_URL: database.url } })

/** The same in a process of its own, as users run it. */
const verifyInOwnProcess = (...apps: string[]) =>
  outcomeOf('verify', findRoot(), apps, { env: { DATABASE_URL: database.url } })

test('a correct ledger: a line for each app, exit code 0', async () => {
  const { code, output } = await verifyInOwnProcess()
  expect(output.split('\n')).toEqual([
    expect.stringMatching(/^content: 2 accounts, 2 entries, 0 holds\. All \d+ checks passed\.$/),
    expect.stringMatching(/^freelance: 0 accounts, 0 entries, 0 holds\. All \d+ checks passed\.$/),
  ])
  expect(code).toBe(0)
})

test('--verbose: a line for each question as well', async () => {
  const { code, output } = await verify('--verbose')
  expect(output).toContain('content: balance ok')
  expect(output).toContain('freelance: trial-balance ok')
  expect(output).toMatch(/^content: 2 accounts/m)
  expect(code).toBe(0)
})

test('--json: one object with each check of each app', async () => {
  const { code, output } = await verify('--json', 'content')
  const { apps } = JSON.parse(output)
  expect(apps).toMatchObject([{ app: 'content', accounts: 2, entries: 2, holds: 0 }])
  expect(apps[0].checks).toContainEqual(expect.objectContaining({ question: 'balance', count: 0, rows: [] }))
  expect(code).toBe(0)
})

test('a broken one: each row with what it should be, exit code 1, while another app passes', async () => {
  await sql.query("UPDATE ledger.accounts SET balance = 11 WHERE owner_id = 'bob'")
  const { code, output } = await verifyInOwnProcess('--verbose')
  expect(output).toContain('content: balance FAILED, broken rows: 1')
  expect(output).toContain(
    '  account "bob": balance 11; should be: balance 10, the sum of its entries; the last one left 10',
  )
  expect(output).toContain(
    '  trial balance of content: balances of 21; should be: balances of 20: CREDIT_ADD 20',
  )
  expect(output).toMatch(/^content: .* 2 of \d+ checks failed: 2 broken rows\.$/m)
  expect(code).toBe(1)
  const asJson = await verify('--json', 'content')
  expect(asJson.code).toBe(1)
  expect(JSON.parse(asJson.output).apps[0].checks).toContainEqual({
    question: 'balance',
    invariant: expect.any(String),
    count: 1,
    rows: [
      {
        broken: 'account "bob"',
        found: 'balance 11',
        expected: 'balance 10, the sum of its entries; the last one left 10',
      },
    ],
  })
  expect(await verify('freelance')).toMatchObject({ code: 0 })
})

test('an unknown app, and a database without a ledger, are reported', async () => {
  expect(await verify('contents')).toEqual({
    code: 1,
    output: 'The ledger has no app "contents". Its apps are: content, freelance.',
  })
  const empty = await createEmptyDatabase()
  const env = { DATABASE_URL: empty.url }
  expect(await outcomeHere('verify', findRoot(), [], { env })).toEqual({
    code: 1,
    output: 'The database has no ledger yet. Run its migrations: npx shared-ledger migrate',
  })
  await empty.drop()
})
