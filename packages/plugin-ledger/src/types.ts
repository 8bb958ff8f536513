import type { EnumRef, InterfaceRef, ObjectRef, SchemaTypes } from '@pothos/core'
import type {
  AccountState,
  BookOf,
  LedgerBalance,
  LedgerEntry,
  LedgerHold,
  LedgerMetadata,
  LedgerTransaction,
  NamedBookOf,
  OperationOf,
  Operations,
  PastBalance,
  PublicOperationOf,
} from '@shared-ledger/ledger'

/** The scalars of the ledger's fields, for an app's builder: `Scalars: LedgerScalars`. */
export type LedgerScalars = {
  /** A moment in UTC. */
  DateTime: { Input: Date; Output: Date }
  /** A flat object of strings. */
  LedgerMetadata: { Input: LedgerMetadata; Output: LedgerMetadata }
  /** A whole number within ±(2^53 - 1). */
  SafeInt: { Input: number; Output: number | bigint }
}

/** The fields of every error of the graph. */
export interface ErrorShape {
  readonly code: string
  readonly message: string
}

/** A current balance, or one of a past moment. */
export type BalanceShape = LedgerBalance | PastBalance

/** The ledger's types, for an app's own fields. */
export interface LedgerRefs<Types extends SchemaTypes, Ops extends Operations> {
  /** The interface of every error. An app's own errors implement it too. */
  readonly Error: InterfaceRef<Types, ErrorShape>
  readonly LedgerBalance: ObjectRef<Types, BalanceShape>
  readonly LedgerEntry: ObjectRef<Types, LedgerEntry<OperationOf<Ops>>>
  readonly LedgerTransaction: ObjectRef<Types, LedgerTransaction<OperationOf<Ops>>>
  readonly LedgerHold: ObjectRef<Types, LedgerHold<OperationOf<Ops>>>
  readonly LedgerAccountState: EnumRef<Types, AccountState>
  readonly LedgerOperation: EnumRef<Types, OperationOf<Ops>>
  /** The operations without the retired and the internal ones, for the app's own inputs that post. */
  readonly LedgerPostOperation: EnumRef<Types, PublicOperationOf<Ops>>
}

/** The enum of an app's books. */
export interface LedgerBookRef<Types extends SchemaTypes, Ops extends Operations, App extends string> {
  /** Undefined for an app with one book, whose graph does not speak of books. */
  readonly LedgerBook: Operations extends Ops
    ? EnumRef<Types, string> | undefined
    : [Exclude<NamedBookOf<Ops>, App>] extends [never]
      ? undefined
      : [App] extends [never] // the ledger's type does not name the app
        ? EnumRef<Types, string> | undefined
        : EnumRef<Types, BookOf<Ops, App>>
}
