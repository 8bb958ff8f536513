// Facts about the ledger that need none of its code, for packages that know only its contract. These files import
// nothing of the ledger.
export { type AccountState, accountStates } from './account-state.ts'
export { type LedgerErrorCode, ledgerErrors } from './error-table.ts'
export { type InputField, inputFieldsOf } from './input-fields.ts'
export { limits } from './limits.ts'
export { messages } from './messages.ts'
export { parseMoment } from './moment.ts'
export {
  isOwner,
  isPrincipal,
  type OwnerPrincipal,
  type Principal,
  type Scope,
  type ServicePrincipal,
  scopes,
} from './principal.ts'
