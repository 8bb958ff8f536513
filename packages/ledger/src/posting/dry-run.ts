import { DuplicateHoldError, DuplicateNonceError, LedgerError } from '../errors.ts'
import type { Draft } from './draft.ts'
import type { Settled } from './outcome.ts'

/** Returns the outcomes of a dry run. Each new entry and hold has the id 0, because it does not exist. */
export function imagined<Operation extends string>(
  outcomes: readonly Settled<Operation>[],
  drafts: readonly Draft[],
): readonly Settled<Operation>[] {
  const made = new Set(outcomes.flatMap(idsOf))
  return outcomes.map((outcome, index) => {
    if (outcome instanceof DuplicateNonceError && made.has(`entry ${outcome.entry.id}`)) {
      return new DuplicateNonceError({ ...outcome.entry, id: '0' }, outcome.identical, outcome.balance)
    }
    if (outcome instanceof DuplicateHoldError && made.has(`hold ${outcome.hold.id}`)) {
      return new DuplicateHoldError({ ...outcome.hold, id: '0' }, outcome.identical, outcome.balance)
    }
    if (outcome instanceof LedgerError) return outcome
    const seenIn = drafts[index]?.id
    const seen = seenIn === undefined ? {} : { seenIn }
    if ('entries' in outcome) {
      const { captured } = outcome
      return {
        ...outcome,
        entries: outcome.entries.map((entry) => ({ ...entry, id: '0' })),
        ...(captured && { captured: { ...captured, capturedBy: captured.capturedBy && '0', ...seen } }),
      }
    }
    return { ...outcome, hold: outcome.hold && { ...outcome.hold, id: '0', ...seen } }
  })
}

function idsOf(outcome: Settled<string>): string[] {
  if (outcome instanceof LedgerError) return []
  if ('entries' in outcome) return outcome.entries.map(({ id }) => `entry ${id}`)
  return outcome.hold ? [`hold ${outcome.hold.id}`] : []
}
