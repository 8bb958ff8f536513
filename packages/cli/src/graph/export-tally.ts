import type { LedgerEntry, LedgerSummaryLine } from '@shared-ledger/client'

/** What a summary says of an operation, over all of its windows. */
export interface Sums {
  readonly count: number
  readonly gross: number
  readonly reversed: number
}

/** The sums of each operation, by its name. */
export type Tally = Readonly<Record<string, Sums>>

const none: Sums = { count: 0, gross: 0, reversed: 0 }

/** Adds entries to a tally, as a summary counts them: reversals and refunds apart. */
export function withEntries(tally: Tally, entries: readonly LedgerEntry<string>[]): Tally {
  const next: Record<string, Sums> = { ...tally }
  for (const { operationName, amount, reverses, refunds } of entries) {
    const sums = next[operationName] ?? none
    next[operationName] =
      reverses === null && refunds === null
        ? { ...sums, count: sums.count + 1, gross: sums.gross + amount }
        : { ...sums, reversed: sums.reversed + amount }
  }
  return next
}

/** Adds up the lines of a summary. */
export function tallyOf(lines: readonly LedgerSummaryLine<string>[]): Tally {
  const tally: Record<string, Sums> = {}
  for (const { operationName, count, gross, reversed } of lines) {
    const sums = tally[operationName] ?? none
    tally[operationName] = {
      count: sums.count + count,
      gross: sums.gross + gross,
      reversed: sums.reversed + reversed,
    }
  }
  return tally
}

/** Returns a line for each operation whose sums differ. */
export function differencesOf({
  exported,
  summed,
}: {
  readonly exported: Tally
  readonly summed: Tally
}): string[] {
  const names = [...new Set([...Object.keys(exported), ...Object.keys(summed)])].sort()
  return names.flatMap((name) => {
    const [here, there] = [exported[name] ?? none, summed[name] ?? none]
    const isSame =
      here.count === there.count && here.gross === there.gross && here.reversed === there.reversed
    return isSame ? [] : [`${name}: exported ${textOf(here)}; the ledger has ${textOf(there)}`]
  })
}

function textOf({ count, gross, reversed }: Sums): string {
  return `${count} entries of ${gross}, and ${reversed} by reversals and refunds`
}
