import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** One migration history: the ledger's own, or one app's. Its name is also its PostgreSQL schema. */
export interface History {
  readonly name: string
  /** The Prisma config that `--config` takes. */
  readonly config: string
  readonly models: string
  readonly migrations: string
  /** The folder of the functions in force; apps have none. */
  readonly functions: string
}

/** The name that stands for the ledger's own models and migrations; no app has it. */
export const LEDGER = 'ledger'

/** The history of the ledger (`prisma/`) or of an app (`apps/<name>/prisma/`). */
export function historyOf(root: string, name: string): History {
  const home = name === LEDGER ? root : path.join(root, 'apps', name)
  return {
    name,
    config: path.join(home, 'prisma.config.ts'),
    models: path.join(home, 'prisma', 'schema.prisma'),
    migrations: path.join(home, 'prisma', 'migrations'),
    functions: path.join(home, 'prisma', 'functions'),
  }
}

/** What an app that keeps data has. */
export const MODELS = 'prisma/schema.prisma'

/** The apps that keep data, or that have another file: the folders of `apps/` with it, sorted by name. */
export function appsOf(root: string, file: string = MODELS): string[] {
  const folder = path.join(root, 'apps')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => existsSync(path.join(folder, name, file)))
    .sort()
}

/** The names of a history's migrations, in the order in which they run. */
export function migrationsOf(history: History): string[] {
  if (!existsSync(history.migrations)) return []
  return readdirSync(history.migrations)
    .filter((name) => existsSync(scriptOf(history, name)))
    .sort()
}

/** The SQL file of one migration. */
export function scriptOf(history: History, migration: string): string {
  return path.join(history.migrations, migration, 'migration.sql')
}

/** All of the history's migrations as one script. */
export function wholeScriptOf(history: History): string {
  return migrationsOf(history)
    .map((name) => readFileSync(scriptOf(history, name), 'utf8'))
    .join('\n')
}

/** The project's root: the nearest folder, upwards from `from`, that holds the ledger's models. */
export function findRoot(from: string = process.cwd()): string {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (existsSync(historyOf(folder, LEDGER).models) && existsSync(path.join(folder, 'apps'))) return folder
    if (folder === path.dirname(folder)) {
      throw new Error(
        `${from} is not in a Shared Ledger project (no folder above it has prisma/schema.prisma and apps/). Run the command in the project.`,
      )
    }
  }
}
