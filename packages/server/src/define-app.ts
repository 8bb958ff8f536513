import { createLedger, createPool, type Ledger, type Operations, prismaOptions } from '@shared-ledger/ledger'
import type { AppInfo } from '@shared-ledger/rest'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { requireDatabaseUrl } from './database-url.ts'
import { createLogger, postingLogger } from './logger.ts'
import { type ServeOptions, serve } from './serve.ts'

/** What is read of an app's package.json. */
interface Package {
  readonly version: string
  readonly license?: string
  readonly author?: string
}

/** What an app is made of. */
export interface AppDefinition<Ops extends Operations, Client extends { $disconnect(): Promise<void> }>
  extends Omit<ServeOptions, 'ledger' | 'schema' | 'info' | 'logger' | 'close'> {
  readonly operations: Ops
  /** The class that Prisma has generated from the app's own models. */
  readonly PrismaClient: new (
    options: ReturnType<typeof prismaOptions>,
  ) => Client
  readonly createSchema: (ledger: Ledger<Ops>, prisma: Client) => GraphQLSchema
  /** The app's package.json: openapi.json has its version, licence and author. */
  readonly package: Package
}

/** An app that is not open yet. */
export interface DefinedApp {
  /** The app on a database: what `startServer` and `serve` take. */
  open(databaseUrl: string, logger: Logger): ServeOptions & { readonly logger: Logger }
  /** Serves it on the database of DATABASE_URL, as `serve` does, until the process is told to stop. */
  serve(): Promise<void>
}

/**
 * Defines an app. One pool of connections is shared by its ledger and its own Prisma client, whose tables are in the
 * PostgreSQL schema of the app's name.
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
