import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { codeOf } from '@shared-ledger/postgres'
import { exitCodes, UsageError } from '../exit.ts'
import { placeOf } from '../files.ts'
import { stopSignal } from '../stop-signals.ts'
import { note, outputClosed, printable, sayAndWait } from '../terminal.ts'
import { readList, readPair } from './arguments.ts'
import type { Session } from './session.ts'
import { metadataText, signed } from './shown.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: {
    readonly operation?: string | undefined
    readonly metadata?: string | undefined
    readonly after?: string | undefined
    readonly 'from-start': boolean
    readonly 'cursor-file'?: string | undefined
  }
}

type Live = Awaited<ReturnType<ReturnType<Session['graph']['entriesPosted']>['next']>>['value']
type Entry = Exclude<Live, void>['entry']

/** Prints entries of an owner, or of the whole app, as they are posted, until it is stopped, or nobody reads the output any more. */
export async function tail({ graph, json }: Session, { positionals, values }: Given): Promise<number> {
  const { after, 'from-start': fromStart, 'cursor-file': file } = values
  const starts = [after, fromStart || undefined, file].filter((start) => start !== undefined)
  if (starts.length > 1) throw new UsageError('Give one of --after, --from-start and --cursor-file.')
  const isWanted = readWanted(values)
  const [ownerId = null] = positionals
  const stopped = stopSignal()
  const signal = AbortSignal.any([stopped, outputClosed])
  let cursor = fromStart ? '' : (after ?? cursorIn(file))
  try {
    for await (const live of graph.entriesPosted(ownerId, { after: cursor, signal })) {
      if (isWanted(live.entry)) await sayAndWait(`${json ? JSON.stringify(live) : lineOf(live.entry)}\n`)
      if (outputClosed.aborted) break
      cursor = live.cursor
      if (file !== undefined) keep(file, cursor)
    }
  } finally {
    if (cursor && !outputClosed.aborted) note(`Go on after it: --after ${cursor}`)
  }
  return stopped.aborted ? exitCodes.interrupted : exitCodes.done
}

function readWanted({ operation, metadata }: Given['values']): (entry: Entry) => boolean {
  const operations = readList(operation)
  const [key, value] = metadata === undefined ? [] : readPair(metadata)
  return (entry) =>
    (operations === undefined || operations.includes(entry.operationName)) &&
    (key === undefined || entry.metadata[key] === value)
}

function lineOf({ id, createdOn, ownerId, operationName, amount, balanceAfter, metadata }: Entry): string {
  const change = `${operationName} ${signed(amount)} → ${balanceAfter}`
  return [createdOn, id, printable(ownerId), change, printable(metadataText(metadata))]
    .filter(Boolean)
    .join('  ')
}

/** Returns the cursor that an earlier run kept. Undefined before the first run. */
function cursorIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(placeOf(file), 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

// A run that is killed leaves the cursor before or after the entry that was printed last, never half of one.
function keep(file: string, cursor: string): void {
  const place = placeOf(file)
  writeFileSync(`${place}.next`, `${cursor}\n`)
  renameSync(`${place}.next`, place)
}
