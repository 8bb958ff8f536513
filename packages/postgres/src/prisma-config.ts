// Prisma loads this file through jiti, without our export condition: it imports nothing but Prisma and its neighbours.
import { defineConfig, type PrismaConfigInternal } from 'prisma/config'
import { withSchema } from './database-url.ts'
import { findRoot, historyOf, LEDGER, wholeScriptOf } from './project.ts'

// For commands that need no database, such as `prisma generate`. Any other command fails with this host in its message.
const PLACEHOLDER = 'postgresql://ledger@set-DATABASE_URL.invalid/shared_ledger'

/**
 * Returns Prisma's configuration for the ledger's own models (`prisma/`), in the PostgreSQL schema "ledger". The
 * database is `DATABASE_URL`.
 */
export function defineLedgerConfig(): PrismaConfigInternal {
  return defineConfig({
    experimental: { externalTables: true },
    tables: { external: ['ledger.entries'] }, // Prisma knows no partitions, and the keys are on them
    schema: 'prisma/schema.prisma',
    migrations: { path: 'prisma/migrations' },
    datasource: { url: urlFor(LEDGER) },
  })
}

/**
 * Prisma's configuration for one app's models (by convention `apps/<app>/prisma`), in the PostgreSQL schema of that name.
 * An app's migrations call the ledger's functions, so a shadow database gets the ledger's migrations first.
 */
export function defineAppConfig(app: string): PrismaConfigInternal {
  const root = findRoot()
  const { models, migrations } = historyOf(root, app)
  return defineConfig({
    experimental: { externalTables: true },
    schema: models,
    migrations: { path: migrations, initShadowDb: wholeScriptOf(historyOf(root, LEDGER)) },
    datasource: { url: urlFor(app) },
  })
}

function urlFor(schema: string): string {
  return withSchema(process.env.DATABASE_URL || PLACEHOLDER, schema)
}
