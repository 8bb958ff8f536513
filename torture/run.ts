import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { findRoot, withConnection } from '@shared-ledger/postgres'
import { compare } from './audit/compare.ts'
import { playClient } from './client.ts'
import type { Stage } from './faults/stage.ts'
import { Journal } from './journal.ts'
import type { Options } from './options.ts'
import type { Report } from './report.ts'
import { type App, apps } from './requests.ts'
import { playRounds, type RoundResult, Weather } from './rounds.ts'
import { sendOpen } from './send-open.ts'
import { type AppServer, openAppServer } from './servers/app-server.ts'
import { openDisk } from './servers/disk.ts'
import { startPostgres } from './servers/postgres.ts'
import { startProxy } from './servers/proxy.ts'

const serversPerApp = 2
const clientsPerApp = 8

/** How long PostgreSQL may take to finish its work, and how long open requests are then sent again. */
const settlingMs = 120_000

export interface Run extends Options {
  readonly log: (line: string) => void
  readonly stopped: AbortSignal
}

/** Runs clients and faults, then compares every answer with the ledger. It leaves nothing behind. */
export async function torture(run: Run): Promise<Report> {
  const disk = openDisk()
  try {
    run.log(`seed ${run.seed}: starting PostgreSQL, and ${serversPerApp} servers of each app …`)
    const postgres = await startPostgres(disk.folder)
    try {
      const databaseProxy = await startProxy(Number(new URL(postgres.url).port))
      const journal = new Journal()
      const login = (app: App) => urlAt(postgres.loginOf(app), databaseProxy.port)
      const servers = await openServers(login, journal)
      try {
        await Promise.all(servers.map((server) => server.start()))
        return await play({ postgres, disk, databaseProxy, servers }, journal, run)
      } finally {
        await Promise.all(servers.map((server) => server.close()))
        await databaseProxy.close()
      }
    } finally {
      await postgres.remove()
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
  const { seed, log, stopped } = run
  const ended = new AbortController()
  setMaxListeners(0, ended.signal) // each client waits for it
  const weather = new Weather()
  const urlsOf = (app: App) => stage.servers.filter((server) => server.app === app).map(({ url }) => url)
  const surroundings = { seed, journal, urlsOf, faults: () => String(weather), ended: ended.signal }
  const clients = apps.flatMap((app) =>
    Array.from({ length: clientsPerApp }, (_, client) => playClient(app, client + 1, surroundings)),
  )
  const startedAt = performance.now()
  let rounds: readonly RoundResult[]
  try {
    const onRound = (result: RoundResult) => log(lineOf(result, performance.now() - startedAt))
    rounds = await playRounds(stage, { ...run, journal, weather, onRound })
  } finally {
    ended.abort()
    await Promise.all(clients)
  }
  stopped.throwIfAborted()
  log('sending again what is open …')
  await settle(stage, journal, urlsOf, seed)
  log('comparing every answer with the ledger …')
  return { ...(await compare(stage.postgres.url, journal)), ...run, stage, journal, rounds }
}

/** Waits until servers and database have finished their work, then sends each open request until it is answered. */
async function settle(
  { servers, postgres, databaseProxy }: Stage,
  journal: Journal,
  urlsOf: (app: App) => readonly string[],
  seed: number,
): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
  databaseProxy.cutAll() // including connections that fell silent long ago: their requests are done, or never arrive
  await withConnection(postgres.url, async (connection) => {
    const sessions = `SELECT FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()`
    const until = performance.now() + settlingMs
    while ((await connection.query(sessions)).rowCount !== 0) {
      if (performance.now() > until) throw new Error('Sessions of servers that have ended do not end.')
      await sleep(100)
    }
  })
  journal.settle()
  await Promise.all(servers.map((server) => server.start()))
  await sendOpen(journal, { seed, urlsOf, patienceMs: settlingMs })
  await Promise.all(servers.map((server) => server.stop()))
}

function lineOf({ round, recoveriesMs }: RoundResult, ms: number): string {
  const faults = round.faults.map(({ kind }) => kind).join(' + ')
  const slowest = Math.max(...recoveriesMs.values())
  return `${(ms / 1000).toFixed(1)} s, round ${round.number}: ${faults}; all servers back after ${(slowest / 1000).toFixed(1)} s`
}
