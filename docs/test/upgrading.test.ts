import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { blocksOf, tableOf } from './markdown.ts'
import { runSql } from './servers.ts'

const document = 'docs/upgrading.md'
const database = await createTestDatabase()
const pool = createPool(database.url)
const ledger = createLedger({ app: 'content', operations: defineOperations(sharedOperations), pool })
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

test('the last row of the table has the version of the database and the servers that it serves', async () => {
  const [stated] = await runSql(database.directUrl, 'SELECT version, serves FROM ledger.version()')
  const rows = tableOf(document, ['version of the SQL', 'in packages from', 'serves servers from version'])
  expect(rows.map((row) => row['version of the SQL'])).toEqual(rows.map((_, at) => String(at + 1)))
  expect(rows.at(-1)).toMatchObject({
    'version of the SQL': String(stated?.version),
    'serves servers from version': String(stated?.serves),
  })
})

const messages = blocksOf(document).filter(({ text }) => text.startsWith('The database has version'))

test.each(messages)('a server logs the message at $place', async ({ text }) => {
  const [, version = '', serves = version] =
    /version (\d+) of the.*?(?:servers from version (\d+)|$)/.exec(text) ?? []
  await runSql(
    database.directUrl,
    `CREATE OR REPLACE FUNCTION ledger.version(OUT version integer, OUT serves integer) LANGUAGE sql IMMUTABLE
     BEGIN ATOMIC SELECT ${Number(version)}, ${Number(serves)}; END`,
  )
  await expect(ledger.assertReady()).rejects.toThrow(text)
})

test('the message of a database that is too old and that of one that is too new are shown', () => {
  expect(messages).toHaveLength(2)
})
