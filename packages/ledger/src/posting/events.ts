import { LedgerError } from '../errors.ts'
import type { Line } from './draft.ts'
import type { Settled } from './outcome.ts'
import { type PostingEvent, postingSignals } from './signals.ts'

/** Reports the outcome of a draft's entries. */
export type Report = (lines: readonly Line[], outcome: LedgerError | Settled<string>) => void

/** Makes the function that calls `onPosting`. An error in it does not affect the posting. */
export function createReport(app: string, onPosting: ((event: PostingEvent) => void) | undefined): Report {
  const tell = (event: PostingEvent) => {
    postingSignals.posting.tell(event)
    try {
      onPosting?.(event)
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
  return (lines, outcome) => {
    for (const [index, { ownerId, operation, amount, requested }] of lines.entries()) {
      if (operation === null) continue
      const event = { app, ownerId, operation }
      if (outcome instanceof LedgerError) {
        tell({ ...event, amount: requested === null ? null : Math.abs(requested), outcome: outcome.code })
      } else if ('hold' in outcome) {
        tell({ ...event, amount, outcome: 'held' })
      } else {
        tell({ ...event, amount: outcome.entries[index]?.amount ?? null, outcome: 'posted' })
      }
    }
  }
}
