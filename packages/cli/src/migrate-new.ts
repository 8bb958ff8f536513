import path from 'node:path'
import { checkMigrations, LEDGER, type NewMigration, writeNewMigration } from '@shared-ledger/postgres'
import { withDatabase } from './database.ts'
import { UsageError } from './exit.ts'
import { say } from './terminal.ts'

/** Writes the next migration of an app or of the ledger. With `--check` it only prints what the migration would have. */
export function migrateNew(
  root: string,
  { positionals, values }: { positionals: string[]; values: { check: boolean } },
): Promise<number> {
  return values.check ? check(root, positionals) : write(root, positionals)
}

function check(root: string, names: readonly string[]): Promise<number> {
  return withDatabase(root, async ({ directUrl }, signal) => {
    const histories = names.length > 0 ? { histories: names } : {}
    const lacks = await checkMigrations({ root, ...histories, serverUrl: directUrl, signal })
    for (const { history, lines } of lacks) {
      say('Declared, and in no migration:')
      for (const line of lines) say(`  ${line}`)
      say(`Have it written: npx shared-ledger migrate new ${history} <name>`)
    }
    if (lacks.length > 0) return 1
    say('All that is declared is in a migration.')
    return 0
  })
}

async function write(root: string, [history, name, ...more]: readonly string[]): Promise<number> {
  if (!history || !name || more.length > 0) throw new UsageError('Say whose migration and what it does.')
  return withDatabase(root, async ({ directUrl }, signal) => {
    const written = await writeNewMigration({ root, history, name, serverUrl: directUrl, signal })
    if (written) sayWritten(root, history, written)
    else {
      const sources = history === LEDGER ? 'models and functions' : 'models and operations'
      say(`Nothing changed: the migrations of ${history} have everything in its ${sources}.`)
    }
    return 0
  })
}

function sayWritten(root: string, history: string, { file, drops, droppedOperations }: NewMigration): void {
  const apply = history === LEDGER ? 'npx shared-ledger migrate' : `npx shared-ledger migrate ${history}`
  say(`Wrote ${path.relative(root, file)}`)
  if (drops.length > 0) say(`WARNING: it drops what is in ${drops.join(', ')}.`)
  if (droppedOperations.length > 0) {
    say(
      `It drops ${droppedOperations.join(', ')}: the database refuses that where there are entries or holds. ` +
        'To keep those, retire the operation instead: retired: true in operations.ts.',
    )
  }
  say(`Read it, change it where it should do more, then: ${apply}`)
}
