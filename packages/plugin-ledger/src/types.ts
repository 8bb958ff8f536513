import type { EnumRef, InterfaceRef, ObjectRef, SchemaTypes } from '@pothos/core'
import type {
  LedgerBalance,
  LedgerEntry,
  LedgerMetadata,
  OperationOf,
  Operations,
} from '@shared-ledger/ledger'

/** The scalars of the ledger's fields, for an app's builder: `Scalars: LedgerScalars`. */
export type LedgerScalars = {
  /** A moment, in UTC. */
  DateTime: { Input: Date; Output: Date }
  /** A flat object of strings. */
  LedgerMetadata: { Input: LedgerMetadata; Output: LedgerMetadata }
  /** A whole number within ±(2^53 - 1). */
  SafeInt: { Input: number; Output: number }
}

export interface AddLedgerOptions {
  /**
   * The name of the enum of operations: LedgerOperation unless given. With another name the graph is no superset of the
   * contract: clients written against that one do not fit it.
   */
  readonly operationEnum?: string
}

/** What every error of the graph has. */
export interface ErrorShape {
  readonly code: string
  readonly message: string
}

/** The ledger's types, for an app's own fields. */
export interface LedgerRefs<Types extends SchemaTypes, Ops extends Operations> {
  /** The interface of every error: an app's own errors implement it too. */
  readonly Error: InterfaceRef<Types, ErrorShape>
  readonly LedgerBalance: ObjectRef<Types, LedgerBalance>
  readonly LedgerEntry: ObjectRef<Types, LedgerEntry<OperationOf<Ops>>>
  readonly LedgerOperation: EnumRef<Types, OperationOf<Ops>>
}
