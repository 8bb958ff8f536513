import type { Draft } from './draft.ts'
import type { Settled } from './outcome.ts'

/** A balance as its call made it, which nobody else has seen yet. */
interface FreshBalance {
  readonly ownerId: string
  seenIn?: string
}

/**
 * Marks the balances of one answer that are not the current ones: all of a dry run, and those that a later item of a list
 * has overtaken.
 */
export function markPassing<Operation extends string>(
  drafts: readonly Draft[],
  settled: readonly Settled<Operation>[],
  dryRun: boolean,
): void {
  const told = new Set<string>()
  for (const [index, { id }] of [...drafts.entries()].reverse()) {
    for (const balance of balancesOf(settled[index])) {
      if (dryRun || told.has(balance.ownerId)) balance.seenIn = id
      told.add(balance.ownerId)
    }
  }
}

function balancesOf<Operation extends string>(
  outcome: Settled<Operation> | undefined,
): readonly FreshBalance[] {
  if (outcome === undefined) return []
  if ('balances' in outcome) return outcome.balances
  return 'balance' in outcome ? [outcome.balance] : []
}
