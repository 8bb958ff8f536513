import { migrate } from '@shared-ledger/postgres'
import { runCommand, say } from './command.ts'
import { withDatabase } from './database.ts'

const usage =
  'npm run migrate [-- content …]: runs the pending migrations of the ledger and of all, or the named, apps.'

await runCommand({ usage, allowPositionals: true }, (root, { positionals: apps }) =>
  withDatabase(root, async ({ directUrl: databaseUrl }, stopped) => {
    await migrate({ databaseUrl, root, log: say, signal: stopped, ...(apps.length > 0 && { apps }) })
    say('The database is up to date.')
    return 0
  }),
)
