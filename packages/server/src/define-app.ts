import { createLedger, createPool, type Ledger, type Operations, prismaOptions } from '@shared-ledger/ledger'
import type { AppInfo } from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { requireDatabaseUrl } from './database-url.ts'
import { createLogger, postingLogger } from './logger.ts'
import { type ServeOptions, serve } from './serve.ts'

/** The parts of an app's package.json that are read. */
interface Package {
  readonly version: string
  readonly license?: string
  readonly author?: string
}

/** The parts of an app. */
export interface AppDefinition<Ops extends Operations, Client extends { $disconnect(): Promise<void> }>
  extends Omit<ServeOptions, 'ledger' | 'schema' | 'info' | 'logger' | 'close'> {
  readonly operations: Ops
  /** The class that Prisma generates from the app's own models. */
  readonly PrismaClient: new (
    options: ReturnType<typeof prismaOptions>,
  ) => Client
  readonly createSchema: (ledger: Ledger<Ops, string>, prisma: Client) => GraphQLSchema
  /** The app's package.json. openapi.json takes its version, licence and author. */
  readonly package: Package
}

/** An app that is not open yet. */
export interface DefinedApp {
  /** Opens the app on a database, for `startServer` and `serve`. */
  open(databaseUrl: string, logger: Logger): ServeOptions & { readonly logger: Logger }
  /** Serves the app on the database of DATABASE_URL, as `serve` does, until the process is told to stop. */
  serve(): Promise<void>
}

/**
 * Defines an app. Its ledger and its own Prisma client share one pool of connections. Its own tables are in the
 * PostgreSQL schema with the app's name.
 *
 * @example
 * ```ts
 * export const app = defineApp({
 *   app: 'game',
 *   port: 4003,
 *   package: packageJson,
 *   operations,
 *   PrismaClient,
 *   createSchema,
 *   routes,
 * })
 * ```
 */
export function defineApp<Ops extends Operations, Client extends { $disconnect(): Promise<void> }>(
  definition: AppDefinition<Ops, Client>,
): DefinedApp {
  const { operations, PrismaClient, createSchema, package: described, ...served } = definition
  const { app } = served

  const open = (databaseUrl: string, logger: Logger) => {
    const pool = createPool(databaseUrl)
    const prisma = new PrismaClient(prismaOptions(pool, { schema: app }))
    const ledger = createLedger({ app, operations, pool, onPosting: postingLogger(logger) })
    return {
      ...served,
      info: infoOf(described),
      ledger,
      schema: createSchema(ledger, prisma),
      logger,
      async close() {
        await prisma.$disconnect()
        await pool.end()
      },
    }
  }

  return { open, serve: () => serve(open(requireDatabaseUrl(app), createLogger(app))) }
}

function infoOf({ version, license, author }: Package): AppInfo {
  return {
    version,
    ...(license !== undefined && { license: { name: license, identifier: license } }),
    ...(author !== undefined && { contact: { name: author } }),
  }
}
