import { migrate as migrateDatabase } from '@shared-ledger/postgres'
import { withDatabase } from './database.ts'
import { say } from './terminal.ts'

/** Runs the pending migrations. */
export function migrate(root: string, { positionals: apps }: { positionals: string[] }): Promise<number> {
  return withDatabase(root, async ({ directUrl: databaseUrl }, stopped) => {
    await migrateDatabase({ databaseUrl, root, log: say, signal: stopped, ...(apps.length > 0 && { apps }) })
    say('The database is up to date.')
    return 0
  })
}
