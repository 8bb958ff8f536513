import { existsSync } from 'node:fs'
import { withScratchDatabase } from '../databases.ts'
import { type History, migrationsOf } from '../project.ts'
import { runPrisma } from './prisma-cli.ts'

/**
 * The SQL that a history's migrations lack to make what its models say; empty when they agree, or there are
 * no models. Runs on a shadow
 * database of the url's server, never on a database that holds something.
 */
export async function driftOf(
  history: History,
  options: { root: string; serverUrl: string },
): Promise<string> {
  if (!existsSync(history.models)) return ''
  return withScratchDatabase(options.serverUrl, async (databaseUrl) => {
    const run = await runPrisma(
      [
        'migrate',
        'diff',
        '--config',
        history.config,
        ...(migrationsOf(history).length > 0 ? ['--from-migrations', history.migrations] : ['--from-empty']),
        '--to-schema',
        history.models,
        '--script',
        '--exit-code',
      ],
      { root: options.root, databaseUrl },
    )
    if (run.exitCode === 0) return ''
    if (run.exitCode === 2) return run.stdout.trim()
    throw new Error(`The migrations of ${history.name} and its models could not be compared:\n${run.output}`)
  })
}
