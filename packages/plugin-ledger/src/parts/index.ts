import { PothosSchemaError } from '@pothos/core'
import { hasTransfers } from '@shared-ledger/ledger'
import type { AnyLedger, LedgerBuilder } from '../builder.ts'
import type { ContractGraph } from '../graph.ts'
import { addAvailable } from './available.ts'
import { addBatches } from './batches.ts'
import { addCorrections } from './corrections.ts'
import { addHoldType } from './hold-type.ts'
import { addHolds } from './holds.ts'
import { addLive } from './live.ts'
import { addNotFoundError } from './not-found-error.ts'
import { addOverdraft } from './overdraft.ts'
import { addStatements } from './statements.ts'
import { addTransactionType } from './transaction-type.ts'
import { addTransactions } from './transactions.ts'
import { addTransfers } from './transfers.ts'

interface Part {
  /** What it adds, types first; several parts may share some of it. */
  readonly adds: readonly ((graph: ContractGraph) => void)[]
  /** What a graph must have that the part can stand in it. */
  readonly needs?: {
    readonly what: string
    readonly isThere: (builder: LedgerBuilder, ledger: AnyLedger) => boolean
  }
}

/** The parts of a graph that an app may leave out. */
const parts = {
  transactions: { adds: [addTransactionType, addTransactions] },
  transfers: {
    adds: [addTransactionType, addTransfers],
    needs: {
      what: 'the operations ...transferOperations',
      isThere: (_builder, { operations }) => hasTransfers(operations),
    },
  },
  corrections: { adds: [addTransactionType, addNotFoundError, addCorrections] },
  holds: { adds: [addAvailable, addNotFoundError, addHoldType, addHolds] },
  overdraft: { adds: [addAvailable, addOverdraft] },
  statements: { adds: [addStatements] },
  batches: { adds: [addBatches] },
  live: {
    adds: [addLive],
    needs: {
      what: 'a subscription type: builder.subscriptionType()',
      isThere: ({ configStore }) => configStore.hasConfig('Subscription'),
    },
  },
} as const satisfies Record<string, Part>

/** A part of a graph that an app may leave out. */
export type LedgerPart = keyof typeof parts

/** The parts' names. */
export const ledgerParts = Object.keys(parts) as readonly LedgerPart[]

/**
 * The parts that a graph gets: those that were chosen, or all that can stand in it.
 * @throws PothosSchemaError on a chosen part that is unknown or cannot stand in it.
 */
export function chooseParts(
  builder: LedgerBuilder,
  ledger: AnyLedger,
  chosen: readonly LedgerPart[] | undefined,
): ReadonlySet<LedgerPart> {
  const isPossible = (name: LedgerPart) => {
    const { needs }: Part = parts[name]
    return needs === undefined || needs.isThere(builder, ledger)
  }
  for (const name of chosen ?? []) {
    if (!Object.hasOwn(parts, name)) {
      throw new PothosSchemaError(`addLedger has no part ${name}, only ${ledgerParts.join(', ')}`)
    }
    const { needs }: Part = parts[name]
    if (!isPossible(name)) throw new PothosSchemaError(`The part ${name} needs ${needs?.what}`)
  }
  return new Set(chosen ?? ledgerParts.filter(isPossible))
}

/** Adds the graph's parts; what several of them share, once. */
export function addParts(graph: ContractGraph): void {
  const steps = [...graph.parts].flatMap(
    (name): readonly ((graph: ContractGraph) => void)[] => parts[name].adds,
  )
  for (const add of new Set(steps)) add(graph)
}
