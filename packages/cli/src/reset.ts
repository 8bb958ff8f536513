import { createInterface } from 'node:readline'
import { resetEmbeddedPostgres } from '@shared-ledger/postgres'
import { embeddedDirectoryOf } from './database.ts'
import { say } from './terminal.ts'

/** Empties the embedded database. */
export async function reset(
  root: string,
  { values: { yes } }: { values: { yes: boolean } },
): Promise<number> {
  if (process.env.DATABASE_URL) {
    throw new Error(
      'DATABASE_URL is set, and this command empties only the embedded database. Unset it, also in .env.',
    )
  }
  const question = 'This removes every account, entry and app row of the embedded database. Go on? [y/N] '
  if (!yes && !/^y(es)?$/i.test(await ask(question))) {
    say('Nothing was removed.')
    return 1
  }
  const home = await resetEmbeddedPostgres(embeddedDirectoryOf(root))
  say(`The database in ${home} is gone. The next start makes a new one.`)
  return 0
}

// A closed stdin counts as no answer.
function ask(question: string): Promise<string> {
  return new Promise((resolve) => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout })
    terminal.on('close', () => resolve(''))
    terminal.question(question, (answer) => {
      resolve(answer.trim())
      terminal.close()
    })
  })
}
