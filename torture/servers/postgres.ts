import { setTimeout as sleep } from 'node:timers/promises'
import {
  findRoot,
  newPassword,
  provisionApp,
  roleOf,
  withConnection,
  withLogin,
} from '@shared-ledger/postgres'
import { type MigratedPostgres, startMigratedPostgres } from '@shared-ledger/postgres/testing'
import { readPidFile } from '../../packages/postgres/src/embedded/pid-file.ts'
import { dataOf } from '../../packages/postgres/src/embedded/placement.ts'
import { type App, apps } from '../requests.ts'
import { childrenOf, signal } from './processes.ts'

/** The PostgreSQL that is tormented. */
export interface Postgres {
  /** The database's url, as its owner. */
  readonly url: string
  /** Its url as the role of an app. */
  loginOf(app: App): string
  /** The process that takes connections; undefined: there is none. */
  readonly pid: () => number | undefined
  /** All processes, that one first. */
  readonly pids: () => readonly number[]
  /** Resolves once connections are taken: starts it where it has ended. */
  bringUp(): Promise<void>
  /** Resolves once the process that takes connections has ended. */
  untilDown(): Promise<void>
  remove(): Promise<void>
}

/** What is acknowledged must outlive a process that is killed. The disk is memory: what a power cut does is not tried. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Enough for all servers, and few enough to be taken by others.
  max_connections: '80',
  // What is replayed after a crash is short, and the disk stays small.
  max_wal_size: '256MB',
  checkpoint_timeout: '30s',
}

/** How long PostgreSQL may take to come back before the run is given up. */
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

/** Each app logs in as a role of its own, as it would elsewhere. */
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
      for (const each of processesOf(pid())) signal(each, 'SIGCONT') // where the run ends while they are stopped
      await server.remove()
    },
  }
}

async function bringUp(server: MigratedPostgres, url: string, pid: () => number | undefined): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      // One that runs may be about to end, of a full disk or a crash: it is asked again, and started again.
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

/** A process of PostgreSQL and its children. */
function processesOf(main: number | undefined): readonly number[] {
  return main === undefined ? [] : [main, ...childrenOf(main)]
}
