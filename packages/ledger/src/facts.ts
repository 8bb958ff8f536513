// What is known of the ledger without running it: files that import nothing, for packages that know only its contract.
export { type LedgerErrorCode, ledgerErrors } from './error-table.ts'
export { limits } from './limits.ts'
export { messages } from './messages.ts'
export {
  isOwner,
  isPrincipal,
  type OwnerPrincipal,
  type Principal,
  type Scope,
  type ServicePrincipal,
  scopes,
} from './principal.ts'
