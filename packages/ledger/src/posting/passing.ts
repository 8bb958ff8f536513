import { type Account, accountKey } from './accounts.ts'
import type { Draft } from './draft.ts'
import type { Settled } from './outcome.ts'

/** A balance that its call has just made. */
interface FreshBalance extends Account {
  seenIn?: string
}

/**
 * Marks the balances of one answer that are not the current ones: all balances of a dry run, and in a list each balance
 * that a later item has replaced.
 */
export function markPassing<Operation extends string>(
  drafts: readonly Draft[],
  settled: readonly Settled<Operation>[],
  dryRun: boolean,
): void {
  const told = new Set<string>()
  for (const [index, { id }] of [...drafts.entries()].reverse()) {
    for (const balance of balancesOf(settled[index])) {
      if (dryRun || told.has(accountKey(balance))) balance.seenIn = id
      told.add(accountKey(balance))
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
