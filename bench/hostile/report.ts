import { median } from '../statistics.ts'
import type { HostileInput } from './inputs.ts'
import type { Seen } from './normal-client.ts'

/** What a normal client saw without and with a hostile input. */
export interface Row {
  readonly input: HostileInput
  readonly quiet: Seen
  readonly hostile: Seen
}

/** How many times as long a normal client's p99 may become. */
const maxRatio = 3
/** The part of the postings per second that the bounds may cost. */
const maxCost = 0.03

/** Returns a table in Markdown, and what it means. */
export function hostileTable(rows: readonly Row[], seconds: number): string {
  const lines = rows.map(({ input, quiet, hostile }) => {
    const ratio = hostile.p99 / quiet.p99
    return [
      `${input.name}: ${input.what}`,
      ms(quiet.p50),
      ms(hostile.p50),
      ms(quiet.p99),
      ms(hostile.p99),
      ratio.toFixed(1),
      `${hostile.failed} of ${hostile.requests}`,
      ratio <= maxRatio && hostile.failed === 0 ? 'pass' : 'short',
    ]
  })
  const head = ['hostile input', 'p50 quiet, ms', 'p50', 'p99 quiet, ms', 'p99', 'ratio', 'failed', '']
  return [
    `**A normal client's postings and balances, one at a time, quiet for ${seconds / 2} s and beside each hostile input for ${seconds} s**; the goal is a p99 of at most ${maxRatio}x:`,
    '',
    ...[head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    'The senders are one process of low priority on the same machine: what they take of its processors is missing to the',
    'server, PostgreSQL and the client, so that with two cores every ratio is worse than with senders elsewhere.',
  ].join('\n')
}

/** Returns the table of what the bounds cost. */
export function costTable({
  withBounds,
  withoutBounds,
  ratios,
  connections,
}: {
  readonly withBounds: number
  readonly withoutBounds: number
  readonly ratios: readonly number[]
  readonly connections: number
}): string {
  const cost = 1 - median(ratios)
  return [
    `**GraphQL over HTTP, ${connections} connections, postings a second**: ${Math.round(withBounds)} with the bounds, ${Math.round(withoutBounds)} without.`,
    `They cost ${percent(cost)} (in the rounds ${ratios.map((ratio) => percent(1 - ratio)).join(', ')}); at most ${percent(maxCost)}: ${cost <= maxCost ? 'pass' : 'short'}.`,
  ].join('\n')
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0)
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`
}
