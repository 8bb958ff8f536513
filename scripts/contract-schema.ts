import SchemaBuilder from '@pothos/core'
import {
  createLedger,
  createPool,
  defineOperations,
  lotOperations,
  maxCredits,
  minCredits,
  type Operations,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins, relayOptions } from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'

/** Builds the part of every app's graph: the ledger with the shared operations, without transfers, books, lots and live entries. */
export function contractSchema(): GraphQLSchema {
  return ledgerSchema(defineOperations(sharedOperations), { live: false })
}

/** Operations that take credits of the app's own book for those of another. */
const exchangeOperations = {
  EXCHANGE_OUT: {
    amount: { min: minCredits, max: -1 },
    exchange: { into: 'EXCHANGE_IN', rate: { give: 1, get: 1 } },
  },
  EXCHANGE_IN: { amount: { min: 1, max: maxCredits }, book: 'other' },
} as const satisfies Operations

/** Operations with which a graph has all that there is. */
export const fullOperations = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  ...exchangeOperations,
  ...lotOperations,
})

/** Builds everything that the ledger can add to a graph: with transfers, live entries, lots, and exchanges between books. */
export function fullSchema(): GraphQLSchema {
  return ledgerSchema(fullOperations, { live: true })
}

/** Builds the graph of a ledger alone. It never connects to a database. */
function ledgerSchema(operations: Operations, { live }: { live: boolean }): GraphQLSchema {
  const builder = new SchemaBuilder<{ Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins],
    relay: relayOptions,
    // In one TypeScript program, the apps' Prisma plugin makes its option required for every builder.
    prisma: undefined as never,
  })
  if (live) builder.subscriptionType()
  const pool = createPool('postgresql://localhost/none')
  builder.addLedger(createLedger({ app: 'contract', operations, pool }))
  return builder.toSchema({ sortSchema: false })
}
