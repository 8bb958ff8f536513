import { distributions } from './owners.ts'
import type { Results } from './results.ts'
import { median } from './statistics.ts'
import { ratiosOf, type TargetResult } from './targets.ts'
import { callOwners, callSizes, costs, processes } from './variants/costs.ts'
import { inProcess, type Way, ways, wide, wideWays } from './variants/in-process.ts'
import { overHttp, transports } from './variants/over-http.ts'
import { reads } from './variants/reads.ts'

/** Returns the tables of a run in Markdown. Tables without measurements are left out. */
export function renderTables(results: Results): string {
  const sections = [
    [
      '**One entry per call, in process**, as multiples of one call per entry through a pg pool. The third column has its calls a second:',
      inProcessTable(results),
    ],
    [
      '**With a connection for each caller** in place of the ten that an app has, as multiples of the same with ten:',
      widePoolTable(results),
    ],
    [
      '**One entry per request, over HTTP**, in requests a second, and as multiples of one call per entry in process:',
      overHttpTable(results),
    ],
    ['**Reads** of one caller, in ms:', readTable(results)],
    [
      '**One call of ledger.post**, by its entries, in ms with its commit, and in µs per entry:',
      callTable(results),
    ],
    [
      `**Processor time of the Node process** for a posting, ${results.sizes.usualCallers} at once, in µs:`,
      processTable(results),
    ],
  ]
  const measured = sections.filter(([, text]) => text !== '').flat()
  return [whereOf(results), targetTable(results), ...measured].join('\n\n')
}

function whereOf(results: Results): string {
  const { commit, dirty, measuredOn, rounds, seconds, cpu, cores, memoryGiB, node, postgres, load } = results
  return [
    `Commit \`${commit.slice(0, 12)}\`${dirty ? ' with changes' : ''}, ${measuredOn.slice(0, 10)}: medians of ${rounds} rounds of ${seconds} s.`,
    `${cores} × ${cpu}, ${memoryGiB} GiB; Node ${node.slice(1)}, PostgreSQL ${postgres}.`,
    `The machine's load before and after: ${load.join(', ')}.`,
    `Blocks read from outside PostgreSQL's buffers while measured: ${results.blocksRead}.`,
  ].join('\n')
}

function targetTable({ targets }: Results): string {
  const rows = targets.map(({ title, atLeast, atMost, ratio, lowest, highest, outcome }: TargetResult) => [
    title,
    atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`,
    figure(ratio),
    ratio === null ? '' : `${figure(lowest)} to ${figure(highest)}`,
    outcome,
  ])
  return table(['ratio', 'target', 'measured', 'in the rounds', ''], rows)
}

const wayTitles: Record<Way, string> = {
  batched: 'batched',
  'one-call-pg': 'one call, pg',
  'one-call-prisma': 'one call, Prisma',
  'for-update': 'Prisma transaction, FOR UPDATE',
  sum: 'Prisma transaction, SUM',
}

function inProcessTable({ variants, sizes }: Results): string {
  const others = ways.filter((way) => way !== 'one-call-pg')
  const rows = distributions.flatMap((distribution) =>
    sizes.callers.map((callers) => {
      const base = inProcess('one-call-pg', distribution, callers)
      return [
        distribution,
        String(callers),
        rate(variants, base),
        ...others.map((way) => multiple(variants, inProcess(way, distribution, callers), base)),
      ]
    }),
  )
  return figureTable(
    ['owners', 'callers', `${wayTitles['one-call-pg']}, a second`, ...others.map((way) => wayTitles[way])],
    rows,
    2,
  )
}

function widePoolTable({ variants, sizes: { usualCallers } }: Results): string {
  const rows = distributions.map((distribution) => [
    distribution,
    String(usualCallers),
    ...wideWays.map((way) =>
      multiple(variants, wide(way, distribution), inProcess(way, distribution, usualCallers)),
    ),
  ])
  return figureTable(['owners', 'callers', ...wideWays.map((way) => wayTitles[way])], rows, 2)
}

function overHttpTable({ variants, sizes }: Results): string {
  const row = (title: string, connections: number, name: string) => [
    title,
    String(connections),
    rate(variants, name),
    multiple(variants, name, overHttp.oneCall),
  ]
  const rows = transports.flatMap((transport) => [
    ...sizes.callers.map((count) =>
      row(`${transport}, uniform`, count, overHttp.posting(transport, 'uniform', count)),
    ),
    row(`${transport}, hot`, sizes.usualCallers, overHttp.posting(transport, 'hot', sizes.usualCallers)),
  ])
  return figureTable(
    ['', 'connections', 'a second', '÷ one call in process'],
    [
      ...rows,
      row('graphql, no-op resolver', sizes.usualCallers, overHttp.noop),
      row('bare node:http', sizes.usualCallers, overHttp.bare),
    ],
    2,
  )
}

function readTable({ variants, sizes }: Results): string {
  const cost = (name: string) => figure(medianOf(variants, name))
  const rows = sizes.histories.map((entries) => [
    entries.toLocaleString('en'),
    cost(reads.balance(entries)),
    cost(reads.firstPage(entries)),
  ])
  const deep = `page at depth ${sizes.depth.toLocaleString('en')}`
  return figureTable(
    ['entries', 'balance', 'first page of 20'],
    [...rows, [deep, '', cost(reads.deepPage(sizes.depth))]],
    1,
  )
}

function callTable({ variants, sizes }: Results): string {
  const rows = callSizes(sizes).map((entries) => [
    String(entries),
    ...callOwners.flatMap((owners) => {
      const ms = medianOf(variants, costs.call(owners, entries))
      return [figure(ms), figure(ms === null ? null : (1000 * ms) / entries)]
    }),
  ])
  return figureTable(['entries', 'different owners', 'per entry', 'one owner', 'per entry'], rows, 1)
}

const processTitles: Record<(typeof processes)[number], string> = {
  'in-process': '`ledger.postEntry`, in process',
  ledger: 'the server, over GraphQL',
  'no-op': 'the server with the no-op resolver, over GraphQL',
  bare: 'bare node:http + graphql-jit',
}

function processTable({ variants }: Results): string {
  const rows = processes.map((name) => [processTitles[name], figure(medianOf(variants, costs.process(name)))])
  return figureTable(['', 'µs'], rows, 1)
}

function medianOf(variants: Results['variants'], wanted: string): number | null {
  const rounds = variants.find(({ name }) => name === wanted)?.rounds ?? []
  return rounds.length > 0 ? median(rounds) : null
}

function rate(variants: Results['variants'], name: string): string {
  const value = medianOf(variants, name)
  return value === null ? missing : Math.round(value).toLocaleString('en')
}

function multiple(variants: Results['variants'], of: string, by: string): string {
  const ratios = ratiosOf(variants, of, by)
  return figure(ratios.length > 0 ? median(ratios) : null)
}

function figure(value: number | null): string {
  return value === null ? missing : value.toFixed(value < 10 ? 2 : 1)
}

const missing = '–'

/** Returns a table without its rows that have no measurement. The first columns are labels. */
function figureTable(head: readonly string[], rows: readonly (readonly string[])[], labels: number): string {
  const measured = rows.filter((row) => row.slice(labels).some((cell) => cell !== missing && cell !== ''))
  return measured.length > 0 ? table(head, measured) : ''
}

/** Returns a Markdown table whose columns are as wide as their contents. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
