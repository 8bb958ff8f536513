import { entryCursors } from '../../packages/ledger/src/reading/entries.ts'
import { closedLoop } from '../closed-loop.ts'
import { historyOwner } from '../owners.ts'
import type { Variant } from '../rounds.ts'
import type { Context } from './context.ts'

/** The name of a variant of this file, by the number of the owner's entries. */
export const reads = {
  balance: (entries: number) => `read/balance/${entries}`,
  firstPage: (entries: number) => `read/first-page/${entries}`,
  deepPage: (depth: number) => `read/deep-page/${depth}`,
}

/**
 * How long one caller waits for a balance and for a page, of an owner with a short history and of one with a long
 * history.
 */
export function readVariants({ ledger, sizes }: Context): Variant[] {
  const { histories, depth } = sizes
  const longest = Math.max(...histories)
  const after = entryCursors.write(BigInt(longest - depth + 1))
  const variant = (name: string, read: () => Promise<unknown>): Variant => ({
    name,
    unit: 'ms',
    async measure(seconds) {
      return (await closedLoop({ callers: 1, seconds }, read)).latencyMs(0.5)
    },
  })
  return [
    ...histories.flatMap((entries) => {
      const ownerId = historyOwner(entries)
      return [
        variant(reads.balance(entries), () => ledger.balance(ownerId)),
        variant(reads.firstPage(entries), () => ledger.entries({ ownerId })),
      ]
    }),
    variant(reads.deepPage(depth), () => ledger.entries({ ownerId: historyOwner(longest), after })),
  ]
}
