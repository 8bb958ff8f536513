import { defineApp } from '@shared-ledger/server'
import packageJson from '../package.json' with { type: 'json' }
import { PrismaClient } from './generated/prisma/client.ts'
import { operations } from './operations.ts'
import { routes } from './routes.ts'
import { createSchema } from './schema.ts'

/** The app. `app.open` opens it on a database. */
export const app = defineApp({
  app: 'sample',
  port: 4999,
  package: packageJson,
  operations,
  PrismaClient,
  createSchema,
  routes,
})
