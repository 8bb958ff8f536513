import { setTimeout as sleep } from 'node:timers/promises'
import {
  findRoot,
  newPassword,
  provisionApp,
  roleOf,
  withConnection,
  withLogin,
} from '@shared-ledger/postgres'
import { readPidFile } from '../../packages/postgres/src/embedded/pid-file.ts'
import { dataOf } from '../../packages/postgres/src/embedded/placement.ts'
import {
  type MigratedPostgres,
  startMigratedPostgres,
} from '../../packages/postgres/src/testing/migrated-postgres.ts'
import { type App, apps } from '../requests.ts'
import { childrenOf, signal } from './processes.ts'

/** The PostgreSQL under torture. */
export interface Postgres {
  /** The database's url, with its owner's login. */
  readonly url: string
  /** Returns its url with the login of an app's role. */
  loginOf(app: App): string
  /** Returns the process that accepts connections. Undefined when there is none. */
  readonly pid: () => number | undefined
  /** Returns all processes, that one first. */
  readonly pids: () => readonly number[]
  /** Resolves once connections are accepted. Starts PostgreSQL if it has ended. */
  bringUp(): Promise<void>
  /** Resolves once the process that accepts connections has ended. */
  untilDown(): Promise<void>
  remove(): Promise<void>
}

/** What is acknowledged must survive a killed process. The disk is in memory, so a power cut is not tested. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Enough for all servers, and few enough for another program to take all of them.
  max_connections: '80',
  // This keeps the recovery after a crash short, and the disk small.
  max_wal_size: '256MB',
  checkpoint_timeout: '30s',
}

/** How long PostgreSQL may take to come back before the run gives up. */
const patienceMs = 120_000

export async function startPostgres(folder: string): Promise<Postgres> {
  const server = await startMigratedPostgres(findRoot(import.meta.dirname), { settings, folder })
  try {
    return await provision(server)
  } catch (error) {
    await server.remove()
    throw error
  }
}

/** Gives each app a login with its own role, as in production. */
async function provision(server: MigratedPostgres): Promise<Postgres> {
  const data = dataOf(server.placement.home)
  const url = server.url(server.database)
  const pid = () => readPidFile(data)?.pid
  const password = newPassword()
  await withConnection(url, async (connection) => {
    for (const app of apps) await provisionApp(connection, { app, password })
  })
  return {
    url,
    loginOf: (app) => withLogin(url, { user: roleOf(app), password }),
    pid,
    pids: () => processesOf(pid()),
    bringUp: () => bringUp(server, url, pid),
    async untilDown() {
      const until = performance.now() + patienceMs
      while (pid() !== undefined) {
        if (performance.now() > until)
          throw new Error(`PostgreSQL did not end within ${patienceMs / 1000} s.`)
        await sleep(20)
      }
    },
    async remove() {
      for (const each of processesOf(pid())) signal(each, 'SIGCONT') // in case the run ends while they are stopped
      await server.remove()
    },
  }
}

async function bringUp(server: MigratedPostgres, url: string, pid: () => number | undefined): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      // A running server may be about to end, because of a full disk or a crash. It is checked again, and started
      // again.
      if (pid() === undefined) await server.start()
      return await withConnection(url, async (connection) => {
        await connection.query('SELECT')
      })
    } catch (error) {
      if (performance.now() > until) throw error
      await sleep(100)
    }
  }
}

/** Returns a process of PostgreSQL and its children. */
function processesOf(main: number | undefined): readonly number[] {
  return main === undefined ? [] : [main, ...childrenOf(main)]
}
