import type { AnyLedger, LedgerBuilder } from './builder.ts'
import type { addErrors } from './errors.ts'
import type { addPostLedgerEntry } from './mutations.ts'
import type { LedgerTypes } from './object-types.ts'
import type { LedgerPart } from './parts/index.ts'

/** A graph that a ledger is being added to, as the files that add to it share it. */
export interface Graph {
  readonly builder: LedgerBuilder
  readonly ledger: AnyLedger
  readonly types: LedgerTypes
  /** The interface of every error. */
  readonly ErrorInterface: ReturnType<typeof addErrors>
  /** The parts that the graph has. */
  readonly parts: ReadonlySet<LedgerPart>
}

/** A graph that has its contract: what the parts add to. */
export interface ContractGraph extends Graph {
  readonly posting: ReturnType<typeof addPostLedgerEntry>
}
