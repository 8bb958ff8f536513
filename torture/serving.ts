import { setTimeout as sleep } from 'node:timers/promises'
import { findRoot, withConnection } from '@shared-ledger/postgres'
import type { Journal } from './journal.ts'
import { type App, apps } from './requests.ts'
import { sendOpen } from './send-open.ts'
import { type AppServer, openAppServer } from './servers/app-server.ts'
import { type Database, serversOf } from './servers/database.ts'
import type { Postgres } from './servers/postgres.ts'
import { type NetworkProxy, startProxy } from './servers/proxy.ts'

export const serversPerApp = 2

/** How long PostgreSQL may take to finish its work, and how long open requests are then sent again. */
const settlingMs = 120_000

/** The servers of both apps, and what is between them and the database. */
export interface Serving {
  /** One in front of each server of the database, in the same order. */
  readonly databaseProxies: readonly NetworkProxy[]
  readonly servers: readonly AppServer[]
}

/** Starts servers of both apps, calls `use`, and ends them in any case. */
export async function serve<T>(
  { database, journal }: { readonly database: Database; readonly journal: Journal },
  use: (serving: Serving) => Promise<T>,
): Promise<T> {
  const databaseProxies = await Promise.all(
    serversOf(database).map(({ url }) => startProxy(Number(new URL(url).port))),
  )
  try {
    const hosts = databaseProxies.map(({ port }) => `127.0.0.1:${port}`).join()
    const login = (app: App) => {
      const { href, host } = new URL(database.loginOf(app))
      return href.replace(`@${host}`, `@${hosts}`)
    }
    const servers = await openServers(login, journal)
    try {
      await Promise.all(servers.map((server) => server.start()))
      return await use({ databaseProxies, servers })
    } finally {
      await Promise.all(servers.map((server) => server.close()))
    }
  } finally {
    await Promise.all(databaseProxies.map((proxy) => proxy.close()))
  }
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

/** Returns a function that returns the addresses of an app's servers, in order. */
export const urlsOf =
  (servers: readonly AppServer[]) =>
  (app: App): readonly string[] =>
    servers.filter((server) => server.app === app).map(({ url }) => url)

/** Waits until servers and database have finished their work, then sends each open request until it is answered. */
export async function settle(
  { servers, database, databaseProxies }: Serving & { readonly database: Database },
  journal: Journal,
  seed: number,
): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
  // Including connections that fell silent long ago: their requests are done, or never arrive.
  for (const proxy of databaseProxies) proxy.cutAll()
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
