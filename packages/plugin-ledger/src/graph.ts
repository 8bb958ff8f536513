import type { Operations } from '@shared-ledger/ledger'
import type { AnyLedger, BuilderTypes, LedgerBuilder } from './builder.ts'
import type { LotKindRef } from './lot-terms.ts'
import type { LedgerBookRef, LedgerRefs } from './types.ts'

type Refs = LedgerRefs<BuilderTypes, Operations> & LedgerBookRef<BuilderTypes, Operations, string>

/** The ledger's enum and object types. Its errors refer to them. */
export type LedgerTypes = Omit<Refs, 'Error'>

/** A graph while a ledger is added to it. The files that add to it share this object. */
export interface Graph {
  readonly builder: LedgerBuilder
  readonly ledger: AnyLedger
  readonly types: Refs
  readonly LedgerLotKind: LotKindRef
}
