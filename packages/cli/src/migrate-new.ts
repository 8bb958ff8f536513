import path from 'node:path'
import { LEDGER, writeNewMigration } from '@shared-ledger/postgres'
import { UsageError } from './command.ts'
import { withDatabase } from './database.ts'
import { say } from './terminal.ts'

/** Writes the next migration of an app, or of the ledger. */
export async function migrateNew(
  root: string,
  { positionals: [history, name, ...more] }: { positionals: string[] },
): Promise<number> {
  if (!history || !name || more.length > 0) throw new UsageError('Say whose migration and what it does.')
  return withDatabase(root, async ({ directUrl }, signal) => {
    const written = await writeNewMigration({ root, history, name, serverUrl: directUrl, signal })
    if (written === undefined) {
      const sources = history === LEDGER ? 'models and functions' : 'models and operations'
      say(`Nothing changed: the migrations of ${history} have everything in its ${sources}.`)
      return 0
    }
    const apply = history === LEDGER ? 'npm run migrate' : `npm run migrate -- ${history}`
    say(`Wrote ${path.relative(root, written.file)}`)
    if (written.drops.length > 0) say(`WARNING: it drops what is in ${written.drops.join(', ')}.`)
    if (written.droppedOperations.length > 0) {
      say(
        `It drops ${written.droppedOperations.join(', ')}: the database refuses that where there are entries or holds. ` +
          'To keep those, retire the operation instead: retired: true in operations.ts.',
      )
    }
    say(`Read it, change it where it should do more, then: ${apply}`)
    return 0
  })
}
