// What is known of the ledger without running it, for packages that know only its contract: files that import nothing of it.
export { type LedgerErrorCode, ledgerErrors } from './error-table.ts'
export { type InputField, inputFieldsOf } from './input-fields.ts'
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
