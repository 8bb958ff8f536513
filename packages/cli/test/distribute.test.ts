import { findRoot } from '@shared-ledger/postgres'
import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { outcomeHere, outcomeOf } from './support/command.ts'

const database = await createEmptyDatabase()
afterAll(() => database.drop())

const distribute = (args: readonly string[], env: NodeJS.ProcessEnv = { DATABASE_URL: database.url }) =>
  outcomeHere('distribute', findRoot(), args, { env })

test('without Citus it says what a cluster needs, and that one PostgreSQL needs no cluster', async () => {
  const env = { DATABASE_URL: database.url }
  const { code, output } = await outcomeOf('distribute', findRoot(), [], { env })
  expect(output).toContain('The database has no Citus.')
  expect(output).toContain('name the others with --worker HOST:PORT')
  expect(code).toBe(1)
})

test('with workers, too, once the database has a ledger', async () => {
  const { code, output } = await distribute(['--worker', 'worker-1'])
  expect(output).toBe(
    'The database has no ledger of this version. Run its migrations: npx shared-ledger migrate',
  )
  expect(code).toBe(1)
  const ledger = await createTestDatabase()
  const refused = await distribute(['--worker', 'worker-1'], { DATABASE_URL: ledger.url })
  await ledger.drop()
  expect(refused.output).toMatch(
    /^The coordinator has no Citus \(extension "citus" is not available\)\. Install/,
  )
  expect(refused.code).toBe(1)
})

test.each(['worker-1:many', 'worker-1:65536', '::1', ':5432', ''])('%j is not a worker', async (worker) => {
  const { code, output } = await distribute(['--worker', worker])
  expect(output).toBe(
    `--worker must be the address of a node, such as worker-1:5432, not ${JSON.stringify(worker)}.`,
  )
  expect(code).toBe(1)
})

test('the embedded database cannot be distributed', async () => {
  const { code, output } = await distribute([], { DATABASE_URL: '' })
  expect(output).toContain('set DATABASE_URL to the coordinator of a Citus cluster')
  expect(code).toBe(1)
})

test.each(['0', '1025', '8.5', 'many'])('it refuses %s shards', async (shards) => {
  const { code, output } = await distribute(['--shards', shards])
  expect(output).toContain(
    `--shards must be a whole number from 1 to 1024, not "${shards}". shared-ledger dis`,
  )
  expect(code).toBe(2)
})
