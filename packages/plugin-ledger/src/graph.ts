import type { Operations } from '@shared-ledger/ledger'
import type { AnyLedger, BuilderTypes, LedgerBuilder } from './builder.ts'
import type { LedgerRefs } from './types.ts'

type Refs = LedgerRefs<BuilderTypes, Operations>

/** The ledger's enum and object types, which its errors refer to. */
export type LedgerTypes = Omit<Refs, 'Error'>

/** A graph that a ledger is being added to, as the files that add to it share it. */
export interface Graph {
  readonly builder: LedgerBuilder
  readonly ledger: AnyLedger
  readonly types: Refs
}
