import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { findRoot, withConnection } from '@shared-ledger/postgres'
import { type Comparison, compare } from '../audit/compare.ts'
import { playClient } from '../client.ts'
import { type Move, move, possibleMoves } from '../faults/moves.ts'
import { Journal } from '../journal.ts'
import { apps, type Request } from '../requests.ts'
import { type Database, shardsPerWorker, startDatabase } from '../servers/database.ts'
import { openDisk } from '../servers/disk.ts'
import { type Serving, serve, settle, urlsOf } from '../serving.ts'
import { countOld, fill, oldOwners } from './fill.ts'
import type { PausesOptions } from './options.ts'
import { Pauses } from './pauses.ts'

const clientsPerApp = 4

interface PausesRun extends PausesOptions {
  readonly log: (line: string) => void
  readonly stopped: AbortSignal
}

export interface PausesReport extends Omit<PausesOptions, 'entries'>, Comparison {
  /** How many entries the ledger had before clients came. */
  readonly before: number
  readonly journal: Journal
  readonly pauses: Pauses
  /** How many shards were moved. */
  readonly moves: number
  /** What is wrong with the entries that were there before. */
  readonly oldWrong: readonly string[]
}

/** Distributes a ledger and moves its shards while clients post, then compares every answer with the ledger. */
export async function measurePauses(run: PausesRun): Promise<PausesReport> {
  const { seed, entries, log } = run
  const disk = openDisk()
  try {
    const database = await startDatabase({ ...run, folder: disk.folder, isDistributed: false })
    try {
      log(`filling the ledger with ${entries} entries …`)
      await fill(database.first.url, entries)
      const before = await countOld(database.first.url)
      const journal = new Journal()
      const pauses = new Pauses()
      const moves = await serve({ database, journal }, async (serving) => {
        const moves = await play({ ...serving, database }, { run, journal, pauses })
        log('sending again what is open …')
        await settle({ ...serving, database }, journal, seed)
        return moves
      })
      log('comparing every answer with the ledger …')
      const comparison = await compare(database.first.url, journal, oldOwners)
      const after = await countOld(database.first.url)
      const isSame = before.entries === after.entries && before.sum === after.sum
      const oldWrong = isSame ? [] : [`old entries: ${JSON.stringify({ before, after })}`]
      return { ...run, ...comparison, before: before.entries, journal, pauses, moves, oldWrong }
    } finally {
      await database.remove()
    }
  } finally {
    await disk.remove()
  }
}

interface Playing {
  readonly run: PausesRun
  readonly journal: Journal
  readonly pauses: Pauses
}

/** Returns how many shards were moved, once all clients have ended. */
async function play(
  { servers, database }: Serving & { readonly database: Database },
  { run, journal, pauses }: Playing,
): Promise<number> {
  const { seed, seconds, workers, log, stopped } = run
  const ended = new AbortController()
  const surroundings = {
    seed,
    journal,
    urlsOf: urlsOf(servers),
    onSend: (request: Request) => pauses.send(request),
    faults: () => pauses.phases.at(-1)?.name ?? '',
    ended: ended.signal,
  }
  const clients = apps.flatMap((app) =>
    Array.from({ length: clientsPerApp }, (_, client) => playClient(app, client + 1, surroundings)),
  )
  const phase = async (name: string, work: () => Promise<unknown>) => {
    stopped.throwIfAborted()
    log(`${name} …`)
    pauses.begin(name)
    await work()
  }
  const quiet = () => sleep(seconds * 1000, undefined, { signal: stopped })
  const moves: Move[] = []
  try {
    await phase('on the coordinator alone', quiet)
    await phase('distributed', () => distribute(database.first.url, shardsPerWorker * workers))
    await phase('on the cluster', quiet)
    await phase('shards moved', () => moveEach(database.first.url, (each) => moves.push(each)))
    await phase('on the cluster again', quiet)
  } finally {
    ended.abort()
    await Promise.all(clients)
    pauses.end()
  }
  return moves.length
}

/** Runs the command that a person would run. @throws Error with what it printed when it fails */
async function distribute(url: string, shards: number): Promise<void> {
  const command = ['shared-ledger', 'distribute', '--shards', String(shards)]
  const child = spawn('npx', command, {
    cwd: findRoot(import.meta.dirname),
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`npx ${command.join(' ')} failed:\n${output}`)
}

/** Moves each shard to another worker, one after the other. */
async function moveEach(url: string, onMoved: (move: Move) => void): Promise<void> {
  await withConnection(url, async (sql) => {
    const all = await possibleMoves(sql)
    const firstOfEach = new Map(all.toReversed().map((each) => [each.shard, each]))
    for (const each of firstOfEach.values()) {
      await move(sql, each)
      onMoved(each)
    }
  })
}
