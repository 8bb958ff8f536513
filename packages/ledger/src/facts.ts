// What is known of the ledger without running it: tables that import nothing, for packages that know only its contract.
export { type LedgerErrorCode, ledgerErrors } from './error-table.ts'
export { limits } from './limits.ts'
