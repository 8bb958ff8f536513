// Behind a PgBouncer in transaction mode: the messages of a start, and npm start, Ctrl+C, npm start.
import { withConnection } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, inject, test } from 'vitest'
import { command, outcomeOf } from '../../packages/cli/test/support/command.ts'
import { findRoot } from '../../packages/postgres/src/project.ts'
import { startPooler } from '../../packages/postgres/src/testing/pooler.ts'

const database = await createTestDatabase()
afterAll(() => database.drop())

const root = findRoot(import.meta.dirname)
const run = (env: NodeJS.ProcessEnv) => outcomeOf('start', root, ['content'], { env: { PORT: '0', ...env } })
const stated = 'set DIRECT_DATABASE_URL to its url.'

test('without DIRECT_DATABASE_URL, a start says at once what to do', async () => {
  const { code, output } = await run({ DATABASE_URL: database.url, DIRECT_DATABASE_URL: '' })
  expect(output).toContain(
    `DATABASE_URL leads to a pooler. Migrations, npx shared-ledger verify and live entries need`,
  )
  expect(output).toContain(stated)
  expect(code).toBe(1)
})

test('so do migrate and verify, and a DIRECT_DATABASE_URL that leads to the pooler does not help', async () => {
  const env = { DATABASE_URL: database.url, DIRECT_DATABASE_URL: database.url }
  for (const name of ['migrate', 'verify'])
    expect((await outcomeOf(name, root, [], { env })).output).toContain(stated)
})

test('a pooler that refuses settings, and a role that lacks them, are named with the remedy', async () => {
  const { url, template } = inject('postgres')
  const name = `pooled_${crypto.randomUUID().replaceAll('-', '')}`
  const role = `role_${crypto.randomUUID().replaceAll('-', '')}`
  await withConnection(url, async (sql) => {
    await sql.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    await sql.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'secret'`)
    await sql.query(`ALTER DATABASE ${name} SET TimeZone = 'America/St_Johns'`)
  })
  const own = new URL(url)
  own.username = role
  own.password = 'secret'
  own.pathname = `/${name}`
  const strict = await startPooler({ server: own.href })
  const ignore = 'options, lock_timeout, statement_timeout, idle_in_transaction_session_timeout'
  const willing = await startPooler({ server: own.href, settings: { ignore_startup_parameters: ignore } })
  try {
    const refused = await run({ DATABASE_URL: strict.url(name), DIRECT_DATABASE_URL: own.href })
    expect(refused.output).toContain(`ignore_startup_parameters = ${ignore}`)
    const lacking = await run({ DATABASE_URL: willing.url(name), DIRECT_DATABASE_URL: own.href })
    const statements = lacking.output.match(/ALTER ROLE .*? SET \S+ = '.*?'(?=;)/g) ?? []
    expect(statements).toHaveLength(4)
    await withConnection(own.href, async (sql) => {
      for (const statement of statements) await sql.query(statement.replaceAll('\\"', '"'))
    })
    // Another pooler stands for one that reopened its connections.
    const anew = await startPooler({ server: own.href, settings: { ignore_startup_parameters: ignore } })
    const started = command('start', root, ['content'], {
      env: { PORT: '0', DATABASE_URL: anew.url(name), DIRECT_DATABASE_URL: own.href },
    })
    await started.line(/listening/)
    started.signalGroup('SIGINT')
    expect(await started.ended).toBe(0)
    await anew.stop()
  } finally {
    await strict.stop()
    await willing.stop()
    await withConnection(url, async (sql) => {
      await sql.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await sql.query(`DROP ROLE ${role}`)
    })
  }
})

test('npm start, Ctrl+C, npm start: the second one starts at once, and no lock stays behind', async () => {
  for (const _ of ['first', 'second']) {
    const env = { PORT: '0', DATABASE_URL: database.url, DIRECT_DATABASE_URL: database.directUrl }
    const started = command('start', root, ['content'], { env })
    const line = await started.line(/http:\/\/127\.0\.0\.1:\d+"/)
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    const add = { owner_id: 'ada', operation: 'CREDIT_ADD', amount: 1, nonce: crypto.randomUUID() }
    const posted = await fetch(`${url}/ledger`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(add),
    })
    expect(posted.status).toBe(200)
    const balances = Array.from({ length: 40 }, () => fetch(`${url}/balance/ada`))
    for (const { status } of await Promise.all(balances)) expect(status).toBe(200)
    started.signalGroup('SIGINT')
    expect(await started.ended).toBe(0)
    const locks = `SELECT FROM pg_locks WHERE locktype = 'advisory'
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
    expect((await withConnection(database.directUrl, (sql) => sql.query(locks))).rowCount).toBe(0)
  }
})
