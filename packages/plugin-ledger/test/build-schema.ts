import SchemaBuilder from '@pothos/core'
import {
  createLedger,
  createPool,
  defineOperations,
  type Ledger,
  type Operations,
  type Principal,
  scopes,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins, relayOptions } from '../src/index.ts'

/** A principal with all scopes. */
export const anyone: Principal = { name: 'anyone', scopes }

/** Operations that the template database declares for the app "content". */
export const operations = defineOperations({
  ...sharedOperations,
  CONTENT_CREATION: { amount: -5, description: 'The price of publishing a content.' },
  CONTENT_ACCESS: { amount: 0, description: 'Reading a content: free, but on record.' },
})

/** Operations that use everything that a graph can have. */
export const allOperations = defineOperations({
  ...sharedOperations,
  DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, limit: { times: 2, per: 'day' } },
  SIGNUP_CREDIT: { ...sharedOperations.SIGNUP_CREDIT, limit: { times: 1, per: 'lifetime' } },
  ...transferOperations,
})

/** Opens a ledger whose pool connects only when it is used. */
export function openLedger<Ops extends Operations>(
  ops: Ops,
  databaseUrl = 'postgresql://nobody@127.0.0.1:1/none',
) {
  return createLedger({ app: 'content', operations: ops, pool: createPool(databaseUrl) })
}

/** In one TypeScript program, the apps' Prisma plugin makes its option required for every builder, also for these. */
export const prisma = undefined as never

/** Creates a builder with the ledger's plugins. */
export function createBuilder() {
  return new SchemaBuilder<{ Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins],
    relay: relayOptions,
    prisma,
  })
}

/** Builds the graph of an app that has only the ledger, with live entries. */
export function buildSchema<Ops extends Operations>(ledger: Ledger<Ops>) {
  const builder = createBuilder()
  builder.subscriptionType()
  builder.addLedger(ledger)
  return builder.toSchema({ sortSchema: false })
}
