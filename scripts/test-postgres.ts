// npm run test:postgres -- --url postgresql://… runs the test suite on an existing PostgreSQL server.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { addressOf } from '@shared-ledger/ledger/session'
import { messageOf, withConnection } from '@shared-ledger/postgres'

const usage =
  'npm run test:postgres -- --url postgresql://superuser:password@host:5432/postgres [files …]: ' +
  'runs the tests on that server, which preloads pg_stat_statements.'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { url: { type: 'string' } } })
if (values.url === undefined) {
  console.error(`Say which server. ${usage}`)
  process.exitCode = 1
} else {
  process.exitCode = await testOn(values.url)
}

async function testOn(url: string): Promise<number> {
  try {
    await withConnection(url, async (connection) => {
      const { rows } = await connection.query('SHOW server_version')
      console.log(`On PostgreSQL ${rows[0]?.server_version} at ${addressOf(url)}:`)
    })
  } catch (error) {
    console.log(`not run: ${messageOf(error)}`)
    return 0
  }
  const { status } = spawnSync('npx', ['vitest', 'run', '--maxWorkers=1', ...positionals], {
    env: { ...process.env, TEST_POSTGRES_URL: url },
    stdio: 'inherit',
  })
  return status ?? 1
}
