import type { Contract } from '../contract.ts'
import type { Route } from '../route.ts'
import { balanceRoutes } from './balances.ts'
import { batchRoute } from './batches.ts'
import { correctionRoutes } from './corrections.ts'
import { accountEntriesRoute, entriesRoutes, entryByNonceRoute, entryRoute } from './entries.ts'
import {
  captureRoute,
  capturesRoute,
  heldRoute,
  holdRoute,
  holdsRoute,
  prolongRoute,
  releaseRoute,
} from './holds.ts'
import { lotReads, lotRoutes } from './lots.ts'
import { operationsRoute } from './operations.ts'
import { overdraftRoute } from './overdrafts.ts'
import { createEntryReader } from './posting-fields.ts'
import { postRoute } from './postings.ts'
import { accountsRoute, summaryRoutes, totalsRoutes } from './statements.ts'
import { exchangeRoute, postTransactionRoute, transactionRoute, transferRoute } from './transactions.ts'

/**
 * Returns the ledger's routes, with transfers, exchanges and lots when the app has them.
 *
 * Reads of one owner come first. Ids in paths are numbers and UUIDs, so an owner called `holds` or `entries` still gets
 * every route. A route whose fixed segment would stand where an owner stands has a path outside of `/ledger`.
 */
export function ledgerRoutes(contract: Contract): readonly Route[] {
  const readEntry = createEntryReader(contract)
  return [
    ...balanceRoutes(contract),
    ...entriesRoutes(contract),
    accountEntriesRoute(contract),
    entryByNonceRoute(contract),
    heldRoute(contract),
    ...(contract.hasLots ? lotReads(contract) : []),
    ...summaryRoutes(contract),
    overdraftRoute(contract),
    accountsRoute(contract),
    ...totalsRoutes(contract),
    operationsRoute,
    postRoute(readEntry),
    postTransactionRoute(readEntry),
    transactionRoute,
    ...(contract.hasTransfers ? [transferRoute] : []),
    ...(contract.exchanges.length > 0 ? [exchangeRoute(contract)] : []),
    entryRoute,
    ...correctionRoutes,
    batchRoute(contract, readEntry),
    holdsRoute(readEntry),
    holdRoute,
    capturesRoute,
    captureRoute,
    prolongRoute,
    releaseRoute,
    ...(contract.hasLots ? lotRoutes : []),
  ]
}
