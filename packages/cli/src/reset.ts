import { resetEmbeddedPostgres } from '@shared-ledger/postgres'
import { embeddedDirectoryOf } from './database.ts'
import { assertMayAsk, confirmed } from './questions.ts'
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
  assertMayAsk(yes)
  if (!yes) await confirmed('Remove every account, entry and app row of the embedded database?')
  const home = await resetEmbeddedPostgres(embeddedDirectoryOf(root))
  say(`The database in ${home} is gone. The next start makes a new one.`)
  return 0
}
