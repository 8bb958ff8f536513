import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import { createLedger, createPool, type Ledger, type Operations } from '@shared-ledger/ledger'
import type { GraphQLSchema } from 'graphql'

/** The exports of an app's folder from which its schema is made. */
interface AppModules {
  readonly operations: Operations
  readonly createSchema: (ledger: Ledger, prisma: unknown) => GraphQLSchema
  readonly PrismaClient: new (options: { adapter: PrismaPg }) => unknown
}

/** Builds an app's schema on a pool that never connects. */
export async function appSchema(folder: string): Promise<GraphQLSchema> {
  const load = (file: string) => import(pathToFileURL(join(folder, 'src', file)).href)
  const { operations, createSchema, PrismaClient }: AppModules = {
    ...(await load('operations.ts')),
    ...(await load('schema.ts')),
    ...(await load('generated/prisma/client.ts')),
  }
  const pool = createPool('postgresql://localhost/none')
  const ledger = createLedger({ app: basename(folder), operations, pool })
  return createSchema(ledger, new PrismaClient({ adapter: new PrismaPg(pool) }))
}
