import { databaseOf } from '@shared-ledger/ledger/session'
import { withConnection } from '../connection.ts'
import { withDatabase } from '../database-url.ts'
import { dropDatabase, ensureDatabase } from '../databases.ts'
import type { EngineArguments } from './arguments.ts'
import { explain } from './explain.ts'
import { log } from './log.ts'

const commands: Record<string, (url: string) => Promise<unknown>> = {
  'can-connect-to-database': (url) => withConnection(url, (connection) => connection.query('SELECT')),
  'create-database': ensureDatabase,
  'drop-database': (url) => dropDatabase(withDatabase(url, 'postgres'), databaseOf(url)),
}

/** Runs `schema-engine --datasource … cli <command>`; answers the exit code. */
export async function runCommand(command: string, { datasource }: EngineArguments): Promise<number> {
  const { url } = datasource
  try {
    const run = commands[command]
    if (run === undefined) throw new Error(`The offline schema engine has no command "${command}".`)
    if (url === undefined) throw new Error('There is no database url. Set DATABASE_URL.')
    await run(url)
    return 0
  } catch (error) {
    const { message, code } = explain(error, { ...(url && { url }) })
    log('INFO', 'Starting schema engine CLI') // the Prisma CLI skips the first line
    log('ERROR', message, { is_panic: false, error_code: code ?? 'P1001' })
    return 1
  }
}
