import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createLedger, createPool, type Ledger, type Operations, prismaOptions } from '@shared-ledger/ledger'
import { appOf, historyOf, messageOf } from '@shared-ledger/postgres'
import type { GraphQLSchema } from 'graphql'

type CreateSchema = (ledger: Ledger, prisma: unknown) => GraphQLSchema
type PrismaClient = new (options: ReturnType<typeof prismaOptions>) => unknown

/**
 * Returns an app's schema, which its function `createSchema` builds. Its pool never connects.
 *
 * @throws Error that names the file that is missing, cannot be loaded, or lacks an export
 */
export async function appSchema(root: string, app: string): Promise<GraphQLSchema> {
  const files = appOf(root, app)
  const pool = createPool('postgresql://localhost/none')
  const prisma = await prismaOf(root, app, prismaOptions(pool, { schema: app }))
  const operations = await exportOf<Operations>(root, files.operations, 'operations')
  const createSchema = await exportOf<CreateSchema>(root, files.schema, 'createSchema')
  return createSchema(createLedger({ app, operations, pool }), prisma)
}

/** Returns the app's Prisma client. Undefined when the app has no models. */
async function prismaOf(
  root: string,
  app: string,
  options: ReturnType<typeof prismaOptions>,
): Promise<unknown> {
  if (!existsSync(historyOf(root, app).models)) return undefined
  const file = path.join(appOf(root, app).folder, 'src/generated/prisma/client.ts')
  if (!existsSync(file)) {
    throw new Error(`${path.relative(root, file)} is missing. Have it written: npx shared-ledger generate`)
  }
  const Client = await exportOf<PrismaClient>(root, file, 'PrismaClient')
  return new Client(options)
}

async function exportOf<T>(root: string, file: string, name: string): Promise<T> {
  const shown = path.relative(root, file)
  const loaded = await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new Error(`${shown} cannot be loaded: ${messageOf(error)}`, { cause: error })
  })
  if (loaded[name] === undefined) throw new Error(`${shown} does not export "${name}".`)
  return loaded[name]
}
