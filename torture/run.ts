import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { findRoot, withConnection } from '@shared-ledger/postgres'
import { Absences } from './absences.ts'
import { compare } from './audit/compare.ts'
import { playClient } from './client.ts'
import { Doubts } from './doubts.ts'
import type { Stage } from './faults/stage.ts'
import { Journal } from './journal.ts'
import type { Options } from './options.ts'
import type { Report } from './report.ts'
import { type App, apps, type Request } from './requests.ts'
import { playRounds, type RoundResult, Weather } from './rounds.ts'
import { sendOpen } from './send-open.ts'
import { type AppServer, openAppServer } from './servers/app-server.ts'
import { serversOf, startDatabase } from './servers/database.ts'
import { openDisk } from './servers/disk.ts'
import type { Postgres } from './servers/postgres.ts'
import { startProxy } from './servers/proxy.ts'

const serversPerApp = 2
const clientsPerApp = 8

/** How long PostgreSQL may take to finish its work, and how long open requests are then sent again. */
const settlingMs = 120_000

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
    const database = await startDatabase({ ...run, folder: disk.folder })
    try {
      const databaseProxy = await startProxy(Number(new URL(database.first.url).port))
      const journal = new Journal()
      const login = (app: App) => urlAt(database.loginOf(app), databaseProxy.port)
      const servers = await openServers(login, journal)
      try {
        await Promise.all(servers.map((server) => server.start()))
        const absences = new Absences()
        const moves = { done: 0, failed: new Map<string, number>() }
        return await play({ database, absences, moves, disk, databaseProxy, servers }, journal, run)
      } finally {
        await Promise.all(servers.map((server) => server.close()))
        await databaseProxy.close()
      }
    } finally {
      await database.remove()
    }
  } finally {
    await disk.remove()
  }
}

function urlAt(url: string, port: number): string {
  const other = new URL(url)
  other.port = String(port)
  return other.href
}

function openServers(loginOf: (app: App) => string, journal: Journal): Promise<readonly AppServer[]> {
  const root = findRoot(import.meta.dirname)
  const onFault = (what: string) => journal.violations.push(what)
  const numbers = Array.from({ length: serversPerApp }, (_, index) => index + 1)
  return Promise.all(
    apps.flatMap((app) =>
      numbers.map((number) => openAppServer({ root, app, number, databaseUrl: loginOf(app), onFault })),
    ),
  )
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
    await settle(stage, journal, run)
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

const urlsOf =
  (servers: readonly AppServer[]) =>
  (app: App): readonly string[] =>
    servers.filter((server) => server.app === app).map(({ url }) => url)

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

/** Waits until servers and database have finished their work, then sends each open request until it is answered. */
async function settle(
  { servers, database, databaseProxy }: Stage,
  journal: Journal,
  { seed }: Run,
): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
  databaseProxy.cutAll() // including connections that fell silent long ago: their requests are done, or never arrive
  await Promise.all(serversOf(database).map(untilIdle))
  journal.settle()
  await Promise.all(servers.map((server) => server.start()))
  await sendOpen(journal, { seed, urlsOf: urlsOf(servers), patienceMs: settlingMs })
  await Promise.all(servers.map((server) => server.stop()))
}

/** Sessions of servers, and those of other nodes that still work for them. */
const sessions = `SELECT FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
    AND (state <> 'idle' OR application_name !~ '^(citus|Citus)')`

/** Waits until nothing is under way at a server. */
async function untilIdle({ url, name }: Postgres): Promise<void> {
  await withConnection(url, async (connection) => {
    const until = performance.now() + settlingMs
    while ((await connection.query(sessions)).rowCount !== 0) {
      if (performance.now() > until)
        throw new Error(`Sessions of servers that have ended do not end: ${name}.`)
      await sleep(100)
    }
  })
}

function lineOf({ round, recoveriesMs }: RoundResult, ms: number): string {
  const faults = round.faults.map(({ kind }) => kind).join(' + ')
  const slowest = Math.max(...recoveriesMs.values())
  return `${(ms / 1000).toFixed(1)} s, round ${round.number}: ${faults}; all servers back after ${(slowest / 1000).toFixed(1)} s`
}
