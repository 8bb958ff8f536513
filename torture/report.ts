import { median } from '../bench/statistics.ts'
import type { Absences } from './absences.ts'
import type { Comparison } from './audit/compare.ts'
import type { Doubts } from './doubts.ts'
import { allKinds } from './faults/kinds.ts'
import type { Moves, Stage } from './faults/stage.ts'
import type { Journal } from './journal.ts'
import type { Options } from './options.ts'
import type { RoundResult } from './rounds.ts'
import type { NetworkProxy } from './servers/proxy.ts'
import { table } from './table.ts'

/** The results of a run. */
export interface Report extends Options, Comparison {
  readonly stage: Stage
  readonly journal: Journal
  readonly rounds: readonly RoundResult[]
  readonly doubts: Doubts
  /** The transactions that were still in doubt when none may be. */
  readonly leftInDoubt: readonly string[]
}

/** Returns everything that is wrong. A run has passed when it is empty. */
export function violationsOf(report: Report): readonly string[] {
  const { journal, contradictions, broken, rounds, recoverySeconds, leftInDoubt } = report
  const slow = rounds.flatMap(({ round, recoveriesMs }) =>
    [...recoveriesMs]
      .filter(([, ms]) => ms > recoverySeconds * 1000)
      .map(([server, ms]) => {
        const faults = round.faults.map(({ kind, seed }) => `${kind} (${seed})`).join(', ')
        return `slow: ${server} posted ${seconds(ms)} s after the end of round ${round.number}: ${faults}`
      }),
  )
  const verified = broken.map(
    ({ app, invariant, rows }) => `verify: ${app}: ${invariant} ${JSON.stringify(rows)}`,
  )
  const inDoubt = leftInDoubt.map((which) => `in doubt: ${which}`)
  return [...journal.violations, ...contradictions, ...verified, ...slow, ...inDoubt, ...waited(report)]
}

/** Returns what is wrong when nobody was served while workers were away: only their own owners have to wait. */
function waited({ stage: { absences } }: Report): readonly string[] {
  const { times, living } = absences
  if (times === 0 || living.answered > 0) return []
  return [`waited: no owner of another worker was served, the ${times} times that a worker was away`]
}

/** Returns the report in Markdown. */
export function printReport(report: Report): string {
  const { journal, stage, rounds, entries, verifyQuestions } = report
  const records = [...journal.records]
  const unknown = records.filter(({ wasUnknown }) => wasUnknown)
  const resolved = unknown.filter(({ state }) => state !== 'open').length
  const found = unknown.filter(({ wasFound }) => wasFound).length
  const counted = (state: string) => records.filter((record) => record.state === state).length
  const lastFault = rounds.at(-1)?.since ?? 0
  const perApp = stage.servers.length / new Set(stage.servers.map(({ app }) => app)).size
  return [
    `Seed ${report.seed}, ${report.seconds} s, ${perApp} servers of each app, ${databaseOf(stage)}${rounds.length} rounds of faults.`,
    '',
    requestTable(journal),
    '',
    faultTable(rounds),
    '',
    appTable(report),
    '',
    ...(stage.disk.whyNot === undefined
      ? []
      : [`"out of disk" was left out: no tmpfs can be mounted here (${stage.disk.whyNot}).`, '']),
    `- requests sent: ${listOf(journal.ways)}`,
    `- ${records.length} postings: ${counted('done')} acknowledged, ${counted('refused')} refused, ${counted('open')} unresolved`,
    `- ${unknown.length} had an unknown outcome at some time (${listOf(journal.reasons)}); ${resolved} of them resolved by their nonce: ${found} had been carried out`,
    `- ${entries} entries in the ledger; ${verifyQuestions} questions of verify, ${report.broken.length} with broken rows`,
    ...(stage.database.workers.length === 0 ? [] : clusterLines({ ...stage, ...report, lastFault })),
    `- connections cut: ${cutsOf(stage.databaseProxies)} to PostgreSQL, ${cutsOf(stage.servers.map(({ front }) => front))} to servers`,
    `- violations: ${violationsOf(report).length}`,
  ].join('\n')
}

function databaseOf({ database: { workers } }: Stage): string {
  return workers.length === 0 ? '' : `a cluster with ${workers.length} workers, `
}

/** What only a cluster has. */
export interface OfCluster {
  readonly absences: Pick<Absences, 'times' | 'ms' | 'living' | 'own'>
  readonly moves: Moves
  readonly doubts: Pick<Doubts, 'seen' | 'inDoubtMs' | 'seenAt'>
  /** When the last fault ended. */
  readonly lastFault: number
}

export function clusterLines({ absences, moves, doubts, lastFault }: OfCluster): readonly string[] {
  const { times, ms, living, own } = absences
  const { seen, inDoubtMs, seenAt } = doubts
  const longest = seconds(Math.max(0, ...inDoubtMs))
  const last = seconds(Math.max(0, seenAt - lastFault))
  return [
    `- ${seen} prepared transactions were seen, ${inDoubtMs.length} of them in doubt, for ${longest} s at most; the last was gone ${last} s after the last fault`,
    `- a worker was away ${times} times, for ${seconds(ms)} s: meanwhile ${living.answered} of ${living.sent} requests for owners of other workers were answered, and ${own.answered} of ${own.sent} for its own`,
    `- shards moved: ${moves.done} times; not moved: ${listOf(moves.failed)}`,
  ]
}

/** Lists requests by kind and outcome. Each posting of a batch counts. */
function requestTable({ counts }: Journal): string {
  const cells = [...counts].map(([key, count]) => ({ key: key.split('\t'), count }))
  const kinds = [...new Set(cells.map(({ key: [kind = ''] }) => kind))].sort()
  const outcomes = [...new Set(cells.map(({ key: [, outcome = ''] }) => outcome))].sort()
  const rows = kinds.map((kind) => [
    kind,
    ...outcomes.map((outcome) => String(counts.get(`${kind}\t${outcome}`) ?? 0)),
  ])
  const total = outcomes.map((outcome) =>
    String(sum(kinds.map((kind) => counts.get(`${kind}\t${outcome}`) ?? 0))),
  )
  return table([['requests', ...outcomes], ...rows, ['all', ...total]])
}

/** Lists how soon the last server posted again, over the rounds with each kind of fault. */
function faultTable(rounds: readonly RoundResult[]): string {
  const rows = allKinds.flatMap((kind) => {
    const of = rounds.filter(({ round }) => round.faults.some((fault) => fault.kind === kind))
    const slowest = of.map(({ recoveriesMs }) => Math.max(...recoveriesMs.values()))
    if (slowest.length === 0) return []
    const alone = of.filter(({ round }) => round.faults.length === 1).length
    return [[kind, String(of.length), String(alone), seconds(median(slowest)), seconds(Math.max(...slowest))]]
  })
  return table([['faults', 'times', 'of them alone', 'back after, median (s)', 'at most (s)'], ...rows])
}

/** Lists how soon each server posted again, and the first one of each app. */
function appTable({ rounds, stage: { servers } }: Report): string {
  const rows = servers.map(({ name }) => rowOf(name, rounds, [name]))
  const apps = [...new Set(servers.map(({ app }) => app))].map((app) =>
    rowOf(
      `${app}, any server`,
      rounds,
      servers.filter((server) => server.app === app).map(({ name }) => name),
    ),
  )
  return table([['served by', 'back after, median (s)', 'at most (s)'], ...rows, ...apps])
}

function rowOf(label: string, rounds: readonly RoundResult[], names: readonly string[]): string[] {
  const first = rounds.map(({ recoveriesMs }) =>
    Math.min(...names.map((name) => recoveriesMs.get(name) ?? Number.POSITIVE_INFINITY)),
  )
  return first.length === 0 ? [label, '-', '-'] : [label, seconds(median(first)), seconds(Math.max(...first))]
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'none'
}

function cutsOf(proxies: readonly NetworkProxy[]): number {
  return sum(proxies.map(({ cuts }) => cuts))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}
