import { describe, expect, test } from 'vitest'
import { createLedger } from '../../src/index.ts'
import { verifyLedger } from '../../src/verify.ts'
import { operations } from '../open-ledger.ts'
import { breakages } from './breakages.ts'
import { intruder, pool, seed, sql } from './seed.ts'

test('a ledger that nobody tampered with passes; below, each of its questions is failed', async () => {
  const { app } = await seed()
  const verification = await verifyLedger(sql, { apps: [app] })
  expect(verification.broken).toEqual([])
  expect(verification).toMatchObject({ apps: [{ app, accounts: 2, entries: 10, holds: 3 }] })
  const broken = new Set(breakages.map(([, question]) => question))
  expect(verification.answers.map(({ question }) => question).sort()).toEqual([...broken].sort())
  for (const { invariant } of verification.answers) expect(invariant).toMatch(/^[A-Z].*\.\)?$/)
})

describe('verify names the row of', () => {
  test.each(breakages)('%s', async (_name, question, statement, values, row) => {
    const seeded = await seed()
    const { rowCount } = await intruder.query(statement, [...values(seeded)])
    expect(rowCount).toBeGreaterThan(0)
    const { broken } = await verifyLedger(sql, { apps: [seeded.app] })
    const answer = broken.find((answer) => answer.question === question)
    expect(answer?.rows).toContainEqual(expect.objectContaining(row(seeded)))
  })

  test('an entry that stands twice, where parts of a partition have no key in common', async () => {
    const { app, first } = await seed()
    await intruder.query(
      'INSERT INTO ledger.entries SELECT * FROM ledger.entries WHERE app = $1 AND id = $2',
      [app, first.id],
    )
    const { broken } = await verifyLedger(sql, { apps: [app] })
    expect(broken.map(({ question }) => question)).toEqual(expect.arrayContaining(['ids', 'places', 'seq']))
  })
})

test('names a few rows of many, counts all, and says which app', async () => {
  const { app } = await seed()
  await intruder.query('UPDATE ledger.entries SET balance_after = 1000 * seq WHERE app = $1', [app])
  const { broken } = await verifyLedger(sql, { apps: [app], maxRows: 2 })
  const answer = broken.find(({ question }) => question === 'balance-after')
  expect(answer).toMatchObject({ app, count: 10, rows: [{}, {}] })
})

test('every question is about the app alone', async () => {
  const { app } = await seed()
  const { app: other } = await seed()
  await intruder.query('UPDATE ledger.accounts SET balance = 1 WHERE app = $1', [other])
  expect((await verifyLedger(sql, { apps: [app] })).broken).toEqual([])
  expect((await verifyLedger(sql, { apps: [app, other] })).broken.map((answer) => answer.app)).toContain(
    other,
  )
})

test('all questions see one snapshot, while postings go on', async () => {
  const { app } = await seed()
  const ledger = createLedger({ app, operations, pool })
  let posted = 0
  const { broken } = await verifyLedger(sql, {
    apps: [app],
    onAnswer() {
      posted += 1
      void ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', nonce: `meanwhile ${posted}` })
    },
  })
  expect(broken).toEqual([])
  expect(posted).toBeGreaterThan(10)
})

test('an app that the ledger does not know is an error, and the connection stays of use', async () => {
  await expect(verifyLedger(sql, { apps: ['nobody'] })).rejects.toThrow('The ledger has no app "nobody"')
  expect((await sql.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})
