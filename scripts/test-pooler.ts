// npm run test:pooler runs a part of the test suite behind a PgBouncer in transaction mode. vitest.config.ts says which
// part.
import { spawnSync } from 'node:child_process'
import path from 'node:path'

const env = { ...process.env, PATH: [process.env.PATH, '/usr/sbin'].join(path.delimiter) }
const { error, stdout } = spawnSync('pgbouncer', ['--version'], { env, encoding: 'utf8' })
if (error) {
  console.log('not run: pgbouncer is not installed (Debian: apt-get install pgbouncer).')
} else {
  console.log(`Behind ${stdout.split('\n')[0]}:`)
  const run = ['vitest', 'run', '--mode', 'pooler', '--typecheck.enabled=false', ...process.argv.slice(2)]
  process.exitCode = spawnSync('npx', run, { env, stdio: 'inherit' }).status ?? 1
}
