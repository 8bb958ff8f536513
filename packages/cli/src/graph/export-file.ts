import { existsSync, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open, readFile, stat, writeFile } from 'node:fs/promises'
import { codeOf, messageOf } from '@shared-ledger/postgres'
import { CommandError, exitCodes, UsageError } from '../exit.ts'
import type { Tally } from './export-tally.ts'

/** What an export is of. A run goes on with an earlier one only if it is of the same. */
export interface Plan {
  readonly url: string
  readonly book: string | null
  readonly ownerId: string | null
  readonly format: string
  readonly operations: readonly string[] | null
  readonly from: string | null
  readonly to: string | null
}

/** How far an export is. */
export interface Place {
  /** The moment before which entries are exported. */
  readonly until: string
  /** The cursor of the last entry that was read. Undefined before the first one. */
  readonly cursor?: string | undefined
  readonly entries: number
  /** How much of the file is written. */
  readonly bytes: number
  readonly tally: Tally
}

/** Where an export writes. */
export interface Output {
  /** How far an earlier run came. */
  readonly earlier: Place | undefined
  /** Writes the text behind what is written, and notes how far the export is then. */
  write(text: string, place: Place): Promise<void>
  /** Keeps how far the export is, for a later run. */
  keep(): Promise<void>
  /** Gives the file its name. */
  finish(): Promise<void>
  close(): Promise<void>
}

const keepEveryMs = 1_000

/**
 * Opens a file for an export. It is `FILE.part` until it is whole, and `FILE.part.json` says how far it is.
 *
 * @throws UsageError when the file is there already, or a part of another export
 */
export async function openFile(
  file: string,
  { plan, restart }: { readonly plan: Plan; readonly restart: boolean },
): Promise<Output> {
  if (existsSync(file)) throw new UsageError(`${file} is there already. Remove it, or give another --out.`)
  const [part, note] = [`${file}.part`, `${file}.part.json`]
  if (restart) for (const old of [part, note]) rmSync(old, { force: true })
  const earlier = await placeIn(note, plan)
  if (earlier && (await stat(part)).size < earlier.bytes) {
    throw new UsageError(`${part} is shorter than ${note} says. --restart begins again.`)
  }
  const handle = await open(part, earlier ? 'r+' : 'w', 0o600)
  let place = earlier
  let keptAt = performance.now()

  async function keep(): Promise<void> {
    if (!place) return
    const next = `${note}.next`
    await writeFile(next, JSON.stringify({ plan, place }), { mode: 0o600 })
    renameSync(next, note)
    keptAt = performance.now()
  }

  return {
    earlier,
    async write(text, next) {
      await reporting(part, () => writeAt(handle, text, place?.bytes ?? 0))
      place = next
      if (performance.now() - keptAt > keepEveryMs) await reporting(note, keep)
    },
    keep,
    async finish() {
      await reporting(part, async () => {
        await handle.truncate(place?.bytes ?? 0)
        await handle.sync()
      })
      renameSync(part, file)
      rmSync(note, { force: true })
    },
    close: () => handle.close(),
  }
}

async function writeAt(handle: FileHandle, text: string, position: number): Promise<void> {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten
  }
}

/** @throws CommandError that says what a full disk or another fault of a file means for the export */
async function reporting(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    const reason = code === 'ENOSPC' ? 'the disk is full' : messageOf(error)
    const message = `${file} could not be written: ${reason}.`
    throw new CommandError(message, { exitCode: exitCodes.failed, json: { code, message } })
  }
}

/** Reads how far an earlier run came. @throws UsageError when it was of something else */
async function placeIn(note: string, plan: Plan): Promise<Place | undefined> {
  let kept: { readonly plan: Plan; readonly place: Place }
  try {
    kept = JSON.parse(await readFile(note, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new UsageError(`${note} cannot be read: ${messageOf(error)}. --restart begins again.`, {
      cause: error,
    })
  }
  if (JSON.stringify(kept.plan) === JSON.stringify(plan)) return kept.place
  throw new UsageError(
    `${note} is of an export with other options. Call it with the same ones, or --restart begins again.`,
  )
}
