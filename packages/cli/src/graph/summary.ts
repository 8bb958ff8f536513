import type { LedgerSummaryLine } from '@shared-ledger/client'
import { exitCodes } from '../exit.ts'
import { tableOf } from '../table.ts'
import { columnsOf } from '../terminal.ts'
import { readChoice, readList, readMoment } from './arguments.ts'
import { barsOf } from './bars.ts'
import { type Window, windows } from './choices.ts'
import type { Session } from './session.ts'
import { signed } from './shown.ts'

/** How far back a summary goes when nothing says it, in days. */
const usualDays = { hour: 1, day: 30, month: 365 } as const

const graphWindows = { hour: 'HOUR', day: 'DAY', month: 'MONTH' } as const

interface Given {
  readonly positionals: readonly string[]
  readonly values: {
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly per: string
    readonly operation?: string | undefined
    readonly bars: boolean
  }
}

type Line = LedgerSummaryLine<string>

/** Sums up the entries of an owner, or of the whole app. */
export async function summary({ graph, answer }: Session, { positionals, values }: Given): Promise<number> {
  const per = readChoice('per', { given: values.per, choices: windows })
  const to = readMoment('to', values.to) ?? new Date().toISOString()
  const from = readMoment('from', values.from) ?? daysBefore(to, usualDays[per])
  const operations = readList(values.operation)
  const lines = await graph.summary({ ownerId: positionals[0], from, to, per: graphWindows[per], operations })
  const shown = values.bars ? barsOf(netPerWindow(lines, per), columnsOf()) : linesOf(lines, per)
  answer({ from, to, per, lines }, lines.length > 0 ? shown : [`No entry was posted from ${from} to ${to}.`])
  return exitCodes.done
}

function daysBefore(moment: string, days: number): string {
  return new Date(Date.parse(moment) - days * 86_400_000).toISOString()
}

function linesOf(lines: readonly Line[], per: Window): string[] {
  const rows = lines.map(({ start, operationName, count, gross, reversed }) => [
    nameOf(start, per),
    operationName,
    String(count),
    signed(gross),
    signed(reversed),
    signed(gross + reversed),
  ])
  const right = ['entries', 'gross', 'reversed', 'net']
  return tableOf([per, 'operation', ...right], rows, { right })
}

/** Returns the credits that came in and went out in each window. */
function netPerWindow(lines: readonly Line[], per: Window) {
  const sums = new Map<string, { in: number; out: number }>()
  for (const { start, gross, reversed } of lines) {
    const name = nameOf(start, per)
    const sum = sums.get(name) ?? { in: 0, out: 0 }
    const net = gross + reversed
    sums.set(name, net > 0 ? { ...sum, in: sum.in + net } : { ...sum, out: sum.out - net })
  }
  return [...sums].map(([name, sum]) => ({ name, ...sum }))
}

/** Returns a window's name: as much of its start as its length leaves open. */
function nameOf(start: string, per: Window): string {
  const characters = { hour: 16, day: 10, month: 7 }[per]
  return `${start.slice(0, characters)}${per === 'hour' ? 'Z' : ''}`
}
