import path from 'node:path'
import { LEDGER, writeNewMigration } from '@shared-ledger/postgres'
import { runCommand, say } from './command.ts'
import { withDatabase } from './database.ts'

const usage =
  "npm run migrate:new -- content add_boost: writes an app's next migration from its models and operations."

await runCommand(
  { usage, allowPositionals: true },
  async (root, { positionals: [history, name, ...more] }) => {
    if (!history || !name || more.length > 0)
      throw new Error(`Say whose migration and what it does. ${usage}`)
    return withDatabase(root, async ({ directUrl }, signal) => {
      const written = await writeNewMigration({ root, history, name, serverUrl: directUrl, signal })
      if (written === undefined) {
        const sources = history === LEDGER ? 'models and functions' : 'models and operations'
        say(`Nothing changed: the migrations of ${history} say all that its ${sources} say.`)
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
  },
)
