// npm run test:citus -- --url postgresql://… runs the tests on an existing Citus cluster, but for those that
// test/citus/suites.ts leaves out with a reason.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { addressOf } from '@shared-ledger/ledger/session'
import { messageOf } from '@shared-ledger/postgres'
import { nodesOf } from '../packages/postgres/src/testing/given-cluster.ts'
import { leftOut } from '../test/citus/suites.ts'

const usage =
  'npm run test:citus -- --url postgresql://superuser:password@host:5432/database [files …]: ' +
  'runs tests on the cluster of that coordinator, such as npm run cluster starts.'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { url: { type: 'string' } } })
if (values.url === undefined) console.log(`not run: no cluster is given. ${usage}`)
else process.exitCode = await testOn(values.url)

async function testOn(url: string): Promise<number> {
  try {
    const [, ...workers] = await nodesOf(url)
    console.log(`On the Citus cluster at ${addressOf(url)}, with ${workers.length} workers:`)
  } catch (error) {
    console.error(`not run: ${messageOf(error)}`)
    return 1
  }
  const run = [
    'vitest',
    'run',
    '--mode',
    'citus',
    '--typecheck.enabled=false',
    '--maxWorkers=1',
    ...positionals,
  ]
  for (const { reason, files } of leftOut) console.log(`not run: ${files.join(' ')}: ${reason}`)
  const { status } = spawnSync('npx', run, { env: { ...process.env, TEST_CITUS_URL: url }, stdio: 'inherit' })
  return status ?? 1
}
