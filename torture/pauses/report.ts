import { table } from '../table.ts'
import type { Phase } from './pauses.ts'
import type { PausesReport } from './run.ts'

/** Returns everything that is wrong. */
export function wrongIn({ journal, contradictions, broken, oldWrong }: PausesReport): readonly string[] {
  const verified = broken.map(
    ({ app, invariant, rows }) => `verify: ${app}: ${invariant} ${JSON.stringify(rows)}`,
  )
  return [...journal.violations, ...contradictions, ...verified, ...oldWrong]
}

/** Returns the report in Markdown. */
export function printPauses(report: PausesReport): string {
  const { seed, workers, entries, verifyQuestions, broken, journal, pauses, moves } = report
  const records = [...journal.records]
  const counted = (state: string) => records.filter((record) => record.state === state).length
  return [
    `Seed ${seed}, a cluster with ${workers} workers, ${report.before} entries before.`,
    '',
    phaseTable(pauses.phases),
    '',
    `- shards moved: ${moves}`,
    `- ${records.length} postings: ${counted('done')} acknowledged, ${counted('refused')} refused, ${counted('open')} unresolved`,
    `- ${entries} entries of clients in the ledger; ${verifyQuestions} questions of verify, ${broken.length} with broken rows`,
    `- wrong: ${wrongIn(report).length}`,
  ].join('\n')
}

/** Lists the parts of the run. */
export function phaseTable(phases: readonly Phase[]): string {
  const rows = phases.map(({ name, since, until = since, answered, longestMs }) => [
    name,
    seconds(until - since),
    String(answered),
    seconds(longestMs),
  ])
  return table([['what was done', 's', 'requests answered', 'longest pause of one (s)'], ...rows])
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}
