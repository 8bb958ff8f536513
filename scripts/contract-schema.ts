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

/** What every app's graph has: the ledger with the shared operations, without transfers and live entries. */
export function contractSchema(): GraphQLSchema {
  return ledgerSchema(defineOperations(sharedOperations), { live: false })
}

/** All that the ledger can give to a graph: transfers and live entries too. */
export function fullSchema(): GraphQLSchema {
  return ledgerSchema(defineOperations({ ...sharedOperations, ...transferOperations }), { live: true })
}

/** The graph of a ledger alone. Nothing is asked of a database. */
function ledgerSchema(operations: Operations, { live }: { live: boolean }): GraphQLSchema {
  const builder = new SchemaBuilder<{ Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins],
    relay: relayOptions,
    // The apps' Prisma plugin makes its option required of every builder in one TypeScript program.
    prisma: undefined as never,
  })
  builder.queryType()
  builder.mutationType()
  if (live) builder.subscriptionType()
  const pool = createPool('postgresql://localhost/none')
  builder.addLedger(createLedger({ app: 'contract', operations, pool }))
  return builder.toSchema({ sortSchema: false })
}
