import type { Contract } from '../contract.ts'
import type { Route } from '../route.ts'
import { balanceRoutes } from './balances.ts'
import { batchRoute } from './batches.ts'
import { correctionRoutes } from './corrections.ts'
import { entriesRoute, entryByNonceRoute, entryRoute } from './entries.ts'
import { captureRoute, heldRoute, holdRoute, holdsRoute, releaseRoute } from './holds.ts'
import { operationsRoute } from './operations.ts'
import { overdraftRoute } from './overdrafts.ts'
import { createEntryReader } from './posting-fields.ts'
import { postRoute } from './postings.ts'
import { accountsRoute, summaryRoutes } from './statements.ts'
import { postTransactionRoute, transactionRoute, transferRoute } from './transactions.ts'

/**
 * The ledger's routes; transfers where the app has their operations. Reads of one owner come first: ids are numbers and
 * UUIDs, so that an owner called `holds` or `entries` keeps all of them. What would stand where an owner does has a path
 * outside of `/ledger`.
 */
export function ledgerRoutes(contract: Contract): readonly Route[] {
  const readEntry = createEntryReader(contract)
  return [
    ...balanceRoutes,
    entriesRoute(contract),
    entryByNonceRoute,
    heldRoute,
    ...summaryRoutes(contract),
    overdraftRoute,
    accountsRoute,
    operationsRoute,
    postRoute(readEntry),
    postTransactionRoute(readEntry),
    transactionRoute,
    ...(contract.hasTransfers ? [transferRoute] : []),
    entryRoute,
    ...correctionRoutes,
    batchRoute(contract, readEntry),
    holdsRoute(readEntry),
    holdRoute,
    captureRoute,
    releaseRoute,
  ]
}
