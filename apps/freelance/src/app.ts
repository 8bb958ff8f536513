import { createLedger, createPool, prismaOptions } from '@shared-ledger/ledger'
import { type AppOptions, postingLogger } from '@shared-ledger/server'
import { PrismaClient } from './generated/prisma/client.ts'
import { info } from './info.ts'
import { operations } from './operations.ts'
import { routes } from './routes.ts'
import { createSchema } from './schema.ts'

const app = 'freelance'

/** The freelance app over a database, ready to be served. */
export function createFreelanceApp(databaseUrl: string, logger: AppOptions['logger']) {
  const pool = createPool(databaseUrl)
  const prisma = new PrismaClient(prismaOptions(pool, { schema: app }))
  const ledger = createLedger({ app, operations, pool, onPosting: postingLogger(logger) })
  return {
    app,
    info,
    port: 4002,
    ledger,
    schema: createSchema(ledger, prisma),
    routes,
    logger,
    async close() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}
