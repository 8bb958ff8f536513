import SchemaBuilder from '@pothos/core'
import {
  createLedger,
  createPool,
  defineOperations,
  type Operations,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins, relayOptions } from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'

/** Builds the part of every app's graph: the ledger with the shared operations, without transfers and live entries. */
export function contractSchema(): GraphQLSchema {
  return ledgerSchema(defineOperations(sharedOperations), { live: false })
}

/** Builds everything that the ledger can add to a graph, with transfers and live entries. */
export function fullSchema(): GraphQLSchema {
  return ledgerSchema(defineOperations({ ...sharedOperations, ...transferOperations }), { live: true })
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
