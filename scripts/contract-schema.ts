import SchemaBuilder from '@pothos/core'
import {
  createLedger,
  createPool,
  defineOperations,
  type Operations,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { type AddLedgerOptions, type LedgerScalars, ledgerPlugins } from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'

/** What every app's graph has: the ledger with the shared operations alone, and none of its parts. */
export function contractSchema(): GraphQLSchema {
  return ledgerSchema(defineOperations(sharedOperations), { parts: [] })
}

/** All that the ledger can give to a graph: every part, with the operations that parts need. */
export function fullSchema(): GraphQLSchema {
  return ledgerSchema(defineOperations({ ...sharedOperations, ...transferOperations }))
}

/** The graph of a ledger alone, with every part unless options say otherwise. Nothing is asked of a database. */
function ledgerSchema(operations: Operations, options?: AddLedgerOptions): GraphQLSchema {
  const builder = new SchemaBuilder<{ Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins],
    relay: {},
    // The apps' Prisma plugin makes its option required of every builder in one TypeScript program.
    prisma: undefined as never,
  })
  builder.queryType()
  builder.mutationType()
  if (options?.parts === undefined) builder.subscriptionType()
  const pool = createPool('postgresql://localhost/none')
  builder.addLedger(createLedger({ app: 'contract', operations, pool }), options)
  return builder.toSchema({ sortSchema: false })
}
