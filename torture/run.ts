import { setMaxListeners } from 'node:events'
import { withConnection } from '@shared-ledger/postgres'
import { Absences } from './absences.ts'
import { compare } from './audit/compare.ts'
import { playClient } from './client.ts'
import { Doubts } from './doubts.ts'
import type { Stage } from './faults/stage.ts'
import { Journal } from './journal.ts'
import type { Options } from './options.ts'
import type { Report } from './report.ts'
import { apps, type Request } from './requests.ts'
import { playRounds, type RoundResult, Weather } from './rounds.ts'
import type { AppServer } from './servers/app-server.ts'
import { serversOf, startDatabase } from './servers/database.ts'
import { openDisk } from './servers/disk.ts'
import { serve, serversPerApp, settle, urlsOf } from './serving.ts'

/** On a cluster a single posting takes several times as much of the machine. */
const [clientsOfOne, clientsOfCluster] = [8, 4]

/** How soon after the last fault no transaction may be in doubt. */
const doubtsMs = 60_000

/** So many owners fall into every shard. */
const someOwners = 1_000

export interface Run extends Options {
  readonly log: (line: string) => void
  readonly stopped: AbortSignal
}

/** Runs clients and faults, then compares every answer with the ledger. It leaves nothing behind. */
export async function torture(run: Run): Promise<Report> {
  const disk = openDisk()
  try {
    run.log(`seed ${run.seed}: starting PostgreSQL, and ${serversPerApp} servers of each app …`)
    const database = await startDatabase({ ...run, folder: disk.folder, isDistributed: true })
    try {
      const journal = new Journal()
      return await serve({ database, journal }, (serving) => {
        const absences = new Absences()
        const moves = { done: 0, failed: new Map<string, number>() }
        return play({ ...serving, database, absences, moves, disk }, journal, run)
      })
    } finally {
      await database.remove()
    }
  } finally {
    await disk.remove()
  }
}

async function play(stage: Stage, journal: Journal, run: Run): Promise<Report> {
  const { log, stopped } = run
  const { database } = stage
  const doubts = new Doubts(serversOf(database))
  try {
    const rounds = await playAll(stage, journal, run)
    stopped.throwIfAborted()
    const lastFault = rounds.at(-1)?.since ?? 0
    const leftInDoubt = await doubts.left(lastFault + doubtsMs)
    await doubts.end()
    log('sending again what is open …')
    await settle(stage, journal, run.seed)
    log('comparing every answer with the ledger …')
    const comparison = await compare(database.first.url, journal)
    return { ...comparison, ...run, stage, journal, rounds, doubts, leftInDoubt }
  } finally {
    await doubts.end()
  }
}

/** Returns the rounds once all clients have ended. */
async function playAll(stage: Stage, journal: Journal, run: Run): Promise<readonly RoundResult[]> {
  const { seed, log } = run
  const { servers, database, absences } = stage
  const ended = new AbortController()
  setMaxListeners(0, ended.signal) // each client waits for it
  const weather = new Weather()
  const probes = await probesOf(servers, database.first.url)
  const surroundings = {
    seed,
    journal,
    onSend: (request: Request) => absences.send(request),
    urlsOf: urlsOf(servers),
    faults: () => String(weather),
    ended: ended.signal,
  }
  const clientsPerApp = run.workers === 0 ? clientsOfOne : clientsOfCluster
  const clients = apps.flatMap((app) =>
    Array.from({ length: clientsPerApp }, (_, client) => playClient(app, client + 1, surroundings)),
  )
  const startedAt = performance.now()
  try {
    const onRound = (result: RoundResult) => log(lineOf(result, performance.now() - startedAt))
    return await playRounds(stage, { ...run, journal, probes, weather, onRound })
  } finally {
    ended.abort()
    await Promise.all(clients)
  }
}

/** Returns owners for each server: on a cluster, one in each shard. */
async function probesOf(
  servers: readonly AppServer[],
  url: string,
): Promise<ReadonlyMap<AppServer, readonly string[]>> {
  return withConnection(url, async (sql) => {
    const probes = new Map<AppServer, readonly string[]>()
    for (const server of servers) {
      const some = Array.from({ length: someOwners }, (_, at) => `probe ${server.name}, ${at + 1}`)
      const { rows } = await sql.query<{ owner: string }>(
        'SELECT s.owners[1] AS owner FROM ledger.shards_of($1) s',
        [some],
      )
      probes.set(
        server,
        rows.map(({ owner }) => owner),
      )
    }
    return probes
  })
}

function lineOf({ round, recoveriesMs }: RoundResult, ms: number): string {
  const faults = round.faults.map(({ kind }) => kind).join(' + ')
  const slowest = Math.max(...recoveriesMs.values())
  return `${(ms / 1000).toFixed(1)} s, round ${round.number}: ${faults}; all servers back after ${(slowest / 1000).toFixed(1)} s`
}
