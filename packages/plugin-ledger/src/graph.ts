import type { AnyLedger, LedgerBuilder } from './builder.ts'
import type { addErrors } from './errors.ts'
import type { LedgerTypes } from './object-types.ts'

/** A graph that a ledger is being added to, as the files that add to it share it. */
export interface Graph {
  readonly builder: LedgerBuilder
  readonly ledger: AnyLedger
  readonly types: LedgerTypes
  /** The interface of every error. */
  readonly ErrorInterface: ReturnType<typeof addErrors>
}
