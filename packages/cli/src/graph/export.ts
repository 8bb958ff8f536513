import { exitCodes, UsageError } from '../exit.ts'
import { placeOf } from '../files.ts'
import { rateBar } from '../progress.ts'
import { stopSignal } from '../stop-signals.ts'
import { note, outputClosed, sayAndWait } from '../terminal.ts'
import { readChoice, readList, readMoment } from './arguments.ts'
import { type Format, formats } from './choices.ts'
import { type Output, openFile, type Place, type Plan } from './export-file.ts'
import { headOf, recordOf } from './export-format.ts'
import { differencesOf, type Tally, tallyOf, withEntries } from './export-tally.ts'
import { largestPage } from './pages.ts'
import type { Session } from './session.ts'

interface Given {
  readonly positionals: readonly string[]
  readonly values: {
    readonly out?: string | undefined
    readonly format: string
    readonly operation?: string | undefined
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly restart: boolean
  }
}

/** An export, as its steps need it. */
interface Export {
  readonly session: Session
  readonly plan: Plan
  readonly format: Format
  readonly output: Output
  readonly signal: AbortSignal
}

/** How often an export reads on when entries were posted late, before it says that its sums are wrong. */
const mostChecks = 3

/** Writes the entries of an owner, or of the whole app, to a file or to stdout, and checks them against the ledger's own sums. */
export async function exportEntries(session: Session, { positionals, values }: Given): Promise<number> {
  const { out, restart } = values
  if (out === undefined && (session.json || restart))
    throw new UsageError('--json and --restart need --out FILE.')
  const format = readChoice('format', { given: values.format, choices: formats })
  const plan: Plan = {
    url: session.target.url,
    book: session.target.book ?? null,
    ownerId: positionals[0] ?? null,
    format,
    operations: readList(values.operation) ?? null,
    from: readMoment('from', values.from) ?? null,
    to: readMoment('to', values.to) ?? null,
  }
  const stopped = stopSignal()
  const output = out === undefined ? stdout() : await openFile(placeOf(out), { plan, restart })
  try {
    const signal = AbortSignal.any([stopped, outputClosed])
    const done = await run({ session, plan, format, output, signal })
    if (!done)
      return await leave(output, { out, code: stopped.aborted ? exitCodes.interrupted : exitCodes.done })
    await output.finish()
    if (out === undefined) note(`${done.entries} entries, as the ledger's own counts and sums say.`)
    else {
      session.answer(
        {
          file: placeOf(out),
          format,
          entries: done.entries,
          bytes: done.bytes,
          until: done.until,
          operations: done.tally,
        },
        [
          `Wrote ${out}: ${done.entries} entries until ${done.until}, as the ledger's own counts and sums say.`,
        ],
      )
    }
    return exitCodes.done
  } catch (error) {
    await leave(output, { out, code: exitCodes.failed })
    throw error
  } finally {
    await output.close()
  }
}

/** Keeps what is written for a later run. */
async function leave(
  output: Output,
  { out, code }: { readonly out: string | undefined; readonly code: number },
): Promise<number> {
  if (out === undefined) return code
  // On a full disk, the place that was kept last stands.
  await output.keep().catch(() => {})
  note(`What is written is in ${out}.part. Run the same command again: it goes on from there.`)
  return code
}

/** Reads all entries, and checks them. Returns how far it came, or undefined when it was stopped. */
async function run(given: Export): Promise<Place | undefined> {
  const { session, plan, output } = given
  const until = output.earlier?.until ?? plan.to ?? (await newestMoment(session, plan.ownerId))
  const bar = rateBar('entries')
  if (output.earlier) note(`Going on after ${output.earlier.entries} entries.`)
  let place: Place | undefined = output.earlier ?? (await begin(given, until))
  try {
    bar.start(countOf(await ledgerTally(session, plan, until)), place.entries)
    for (let checks = 1; ; checks++) {
      place = await readOn(given, place, bar.update)
      if (!place) return undefined
      const differences = differencesOf({
        exported: place.tally,
        summed: await ledgerTally(session, plan, until),
      })
      if (differences.length === 0) return place
      if (checks === mostChecks)
        throw new Error(['The export is not what the ledger sums up:', ...differences].join('\n'))
    }
  } finally {
    bar.stop()
  }
}

async function begin({ format, output }: Export, until: string): Promise<Place> {
  const head = headOf(format)
  const place = { until, entries: 0, bytes: Buffer.byteLength(head), tally: {} }
  await output.write(head, place)
  return place
}

/** Writes the entries after a place. Returns the place after the last one, or undefined when it was stopped. */
async function readOn(
  { session, plan, format, output, signal }: Export,
  start: Place,
  progress: (entries: number) => void,
): Promise<Place | undefined> {
  const { ownerId, operations, from, to } = plan
  const filter = { operations: operations ?? undefined, from: from ?? undefined, to: to ?? undefined }
  let place = start
  for (let goesOn = true; goesOn; ) {
    if (signal.aborted) return undefined
    const page = await session.graph.entries({
      ...filter,
      ownerId: ownerId ?? undefined,
      order: 'OLDEST_FIRST',
      first: largestPage,
      after: place.cursor,
    })
    const entries = page.entries.filter(({ createdOn }) => createdOn < place.until)
    const text = entries.map((entry) => recordOf(format, entry)).join('')
    place = {
      ...place,
      cursor: page.pageInfo.endCursor ?? place.cursor,
      entries: place.entries + entries.length,
      bytes: place.bytes + Buffer.byteLength(text),
      tally: withEntries(place.tally, entries),
    }
    await output.write(text, place)
    progress(place.entries)
    goesOn = page.pageInfo.hasNextPage
  }
  return place
}

/** Returns the moment just after the newest entry, so that the export has all entries of now and no later ones. */
async function newestMoment({ graph }: Session, ownerId: string | null): Promise<string> {
  const { entries } = await graph.entries({ ownerId: ownerId ?? undefined, first: 1 })
  const newest = entries[0]?.createdOn
  return new Date(newest === undefined ? Date.now() : Date.parse(newest) + 1).toISOString()
}

/** The years before which no ledger was, and for which one request asks at most. */
const firstYear = 2000
const yearsAtOnce = 10

/** Returns what the ledger's own summaries say of the export. */
async function ledgerTally(
  { graph }: Session,
  { ownerId, operations, from }: Plan,
  until: string,
): Promise<Tally> {
  const lines = []
  for (let year = firstYear; startOf(year) < until; year += yearsAtOnce) {
    const begin = latest(startOf(year), from)
    const end = earliest(startOf(year + yearsAtOnce), until)
    if (begin >= end) continue
    lines.push(
      ...(await graph.summary({
        ownerId: ownerId ?? undefined,
        operations: operations ?? undefined,
        from: begin,
        to: end,
        per: 'MONTH',
      })),
    )
  }
  return tallyOf(lines)
}

const startOf = (year: number) => `${year}-01-01T00:00:00.000Z`
const latest = (moment: string, other: string | null) => (other !== null && other > moment ? other : moment)
const earliest = (moment: string, other: string) => (other < moment ? other : moment)

function countOf(tally: Tally): number {
  return Object.values(tally).reduce((sum, { count }) => sum + count, 0)
}

function stdout(): Output {
  return {
    earlier: undefined,
    write: sayAndWait,
    keep: async () => {},
    finish: async () => {},
    close: async () => {},
  }
}
