import type pg from 'pg'
import { withConnection } from '../connection.ts'
import { withScratchDatabase } from '../databases.ts'
import { messageOf } from '../errors.ts'
import { type History, historyOf, LEDGER } from '../project.ts'
import { functionsChangeOf } from './functions-change.ts'
import { type MigrateOptions, migrate } from './migrate.ts'
import { modelsChangeOf } from './models-change.ts'
import { type OperationsChange, operationsChangeOf } from './operations-change.ts'

/** What a history's sources declare but its migrations do not. */
export interface Unwritten {
  readonly history: History
  /** SQL for the models. Empty when the migrations have them. */
  readonly models: string
  /** SQL for the functions of the ledger. Empty when the migrations have them, and for an app. */
  readonly functions: string
  /** The changed operations of an app. Undefined when the migrations have them, and for the ledger. */
  readonly operations: OperationsChange | undefined
}

export interface UnwrittenOptions {
  /** The project's root. */
  readonly root: string
  /** "ledger", and names of apps. */
  readonly histories: readonly string[]
  /** A database on a server where scratch databases can be created. The database itself is neither read nor changed. */
  readonly serverUrl: string
  /** Rejects the call with an AbortError. */
  readonly signal?: AbortSignal
}

/**
 * Compares the models and functions of the ledger, and the models and operations of apps, with their migrations. Runs the
 * migrations on a scratch database. Returns the histories that lack something.
 *
 * @throws when the migrations fail on an empty database, or when a function cannot be created
 */
export async function findUnwritten(options: UnwrittenOptions): Promise<Unwritten[]> {
  const { root, histories, serverUrl, signal } = options
  return withScratchDatabase(serverUrl, async (databaseUrl) => {
    const compare = async (compared: readonly string[], apps: readonly string[]) => {
      await migrateScratch({ root, databaseUrl, apps, log: () => {}, ...(signal && { signal }) })
      return withConnection(databaseUrl, async (connection) => {
        const found: Unwritten[] = []
        for (const name of compared) {
          signal?.throwIfAborted()
          found.push(await compareHistory(connection, root, historyOf(root, name)))
        }
        return found
      })
    }
    // Each app adds its own copies to the ledger's functions, so the ledger is compared before an app exists.
    const apps = histories.filter((name) => name !== LEDGER)
    const found = histories.includes(LEDGER) ? await compare([LEDGER], []) : []
    if (apps.length > 0) found.push(...(await compare(apps, apps)))
    return found.filter(({ models, functions, operations }) => models || functions || operations)
  })
}

async function compareHistory(connection: pg.Client, root: string, history: History): Promise<Unwritten> {
  const models = await modelsChangeOf(connection, history)
  if (history.name !== LEDGER) {
    const operations = await operationsChangeOf(connection, { root, app: history.name })
    return { history, models, functions: '', operations }
  }
  const functions = await functionsChangeOf(connection, { root, models })
  return { history, models, functions, operations: undefined }
}

async function migrateScratch(options: MigrateOptions): Promise<void> {
  try {
    await migrate(options)
  } catch (error) {
    options.signal?.throwIfAborted()
    throw new Error(`On an empty database: ${messageOf(error)}`, { cause: error })
  }
}
