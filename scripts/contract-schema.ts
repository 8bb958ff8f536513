import SchemaBuilder from '@pothos/core'
import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { type LedgerScalars, ledgerPlugins } from '@shared-ledger/plugin-ledger'
import type { GraphQLSchema } from 'graphql'

/** What every app's graph has: the ledger with the shared operations alone. Nothing is asked of a database. */
export function contractSchema(): GraphQLSchema {
  const builder = new SchemaBuilder<{ Scalars: LedgerScalars }>({
    plugins: [...ledgerPlugins],
    relay: {},
    // The apps' Prisma plugin makes its option required of every builder in one TypeScript program.
    prisma: undefined as never,
  })
  builder.queryType()
  builder.mutationType()
  const pool = createPool('postgresql://localhost/none')
  builder.addLedger(createLedger({ app: 'contract', operations: defineOperations(sharedOperations), pool }))
  return builder.toSchema({ sortSchema: false })
}
