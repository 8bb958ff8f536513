// Prisma loads this file through jiti, without our export condition: it imports nothing but its neighbours.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Configuration, configurationIn } from './configuration.ts'

/** One migration history: the ledger's or one app's. Its name is also its PostgreSQL schema. */
export interface History {
  readonly name: string
  /** The path of the Prisma config, for `--config`. */
  readonly config: string
  /** The path of schema.prisma. An app without tables of its own has none. */
  readonly models: string
  readonly migrations: string
  /** The folder of the ledger's functions. An app has none. */
  readonly functions: string
}

/** The files of one app. */
interface App {
  readonly folder: string
  /** The file that exports the operations. */
  readonly operations: string
  /** The file that exports `createSchema`. An app without a graph has none. */
  readonly schema: string
  /** The file that serves the app. An app that is served in another way has none. */
  readonly server: string
}

/** A file of an app, by its name in `App`. */
export type AppFile = Exclude<keyof App, 'folder'>

/** The name of the ledger's own models and migrations. No app has it. */
export const LEDGER = 'ledger'

/** Returns the project's root: the nearest folder from `from` upwards whose package.json has the field `sharedLedger`. */
export function findRoot(from: string = process.cwd()): string {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (configurationIn(folder)) return folder
    if (folder === path.dirname(folder)) {
      throw new Error(
        `${from} is not in a project of Shared Ledger: no package.json from there upwards has the field "sharedLedger". ` +
          'Run the command in the project, or add "sharedLedger": {} to the package.json of its root.',
      )
    }
  }
}

/** Returns the history of the ledger or of an app. */
export function historyOf(root: string, name: string): History {
  return name === LEDGER
    ? historyIn(name, ledgerFolderOf(root))
    : historyIn(name, path.join(appOf(root, name).folder, configurationOf(root).prisma))
}

function historyIn(name: string, prisma: string): History {
  return {
    name,
    config: path.join(path.dirname(prisma), 'prisma.config.ts'),
    models: path.join(prisma, 'schema.prisma'),
    migrations: path.join(prisma, 'migrations'),
    functions: path.join(prisma, 'functions'),
  }
}

/** Returns the ledger's own prisma folder: the configured one, else the copy in the build of this package. */
function ledgerFolderOf(root: string): string {
  const { ledger } = configurationOf(root)
  return ledger === undefined ? fileURLToPath(new URL('../prisma', import.meta.url)) : path.join(root, ledger)
}

/** Returns the paths of an app's files, even if they do not exist. */
export function appOf(root: string, name: string): App {
  const { apps, operations, schema, server } = configurationOf(root)
  const folder = path.join(root, typeof apps === 'string' ? path.join(apps, name) : (apps[name] ?? name))
  return {
    folder,
    operations: path.join(folder, operations),
    schema: path.join(folder, schema),
    server: path.join(folder, server),
  }
}

/** Returns the project's apps that have a file, sorted by name. All apps have operations. */
export function appsOf(root: string, file: AppFile = 'operations'): string[] {
  return namesIn(root)
    .filter((name) => existsSync(appOf(root, name)[file]))
    .sort()
}

function namesIn(root: string): string[] {
  const { apps } = configurationOf(root)
  if (typeof apps !== 'string') return Object.keys(apps)
  const folder = path.join(root, apps)
  return existsSync(folder) ? readdirSync(folder) : []
}

function configurationOf(root: string): Configuration {
  const configuration = configurationIn(root)
  if (configuration) return configuration
  throw new Error(`${root} is not the root of a project: its package.json has no field "sharedLedger".`)
}

/** Returns the names of a history's migrations, in the order in which they run. */
export function migrationsOf(history: History): string[] {
  if (!existsSync(history.migrations)) return []
  return readdirSync(history.migrations)
    .filter((name) => existsSync(scriptOf(history, name)))
    .sort()
}

/** Returns the path of a migration's SQL file. */
export function scriptOf(history: History, migration: string): string {
  return path.join(history.migrations, migration, 'migration.sql')
}

/** Returns all of the history's migrations as one script. */
export function wholeScriptOf(history: History): string {
  return migrationsOf(history)
    .map((name) => readFileSync(scriptOf(history, name), 'utf8'))
    .join('\n')
}
