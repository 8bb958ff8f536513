import { findRoot } from '@shared-ledger/postgres'
import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { outcomeOf } from './support/command.ts'

const database = await createEmptyDatabase()
afterAll(() => database.drop())

const distribute = (args: readonly string[], env: NodeJS.ProcessEnv = { DATABASE_URL: database.url }) =>
  outcomeOf('distribute', findRoot(), args, { env })

test('without Citus it says what a cluster needs, and that one PostgreSQL needs no cluster', async () => {
  const { code, output } = await distribute([])
  expect(output).toContain('The database has no Citus.')
  expect(output).toContain('CREATE EXTENSION citus')
  expect(code).toBe(1)
})

test('the embedded database cannot be distributed', async () => {
  const { code, output } = await distribute([], { DATABASE_URL: '' })
  expect(output).toContain('set DATABASE_URL to the coordinator of a Citus cluster')
  expect(code).toBe(1)
})

test.each(['0', '1025', '8.5', 'many'])('it refuses %s shards', async (shards) => {
  const { code, output } = await distribute(['--shards', shards])
  expect(output).toBe(`--shards must be a whole number from 1 to 1024, not "${shards}".`)
  expect(code).toBe(1)
})
