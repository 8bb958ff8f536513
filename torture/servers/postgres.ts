import { setTimeout as sleep } from 'node:timers/promises'
import { withConnection } from '@shared-ledger/postgres'
import { readPidFile } from '../../packages/postgres/src/embedded/pid-file.ts'
import { dataOf, type Placement } from '../../packages/postgres/src/embedded/placement.ts'
import { childrenOf, signal } from './processes.ts'

/** One PostgreSQL server under torture. */
export interface Postgres {
  /** "postgres", or a node's name. */
  readonly name: string
  /** The url of the ledger's database there, with its owner's login. */
  readonly url: string
  /** Returns the process that accepts connections. Undefined when there is none. */
  readonly pid: () => number | undefined
  /** Returns all processes, that one first. */
  readonly pids: () => readonly number[]
  /** Resolves once connections are accepted. Starts PostgreSQL if it has ended. */
  bringUp(): Promise<void>
  /** Resolves once the process that accepts connections has ended. */
  untilDown(): Promise<void>
}

interface PostgresOptions {
  readonly name: string
  readonly url: string
  readonly placement: Placement
  /** Starts a server that has ended, on the same port. */
  start(): Promise<void>
}

/** How long PostgreSQL may take to come back before the run gives up. */
const patienceMs = 120_000

export function controlled({ name, url, placement, start }: PostgresOptions): Postgres {
  const data = dataOf(placement.home)
  const pid = () => readPidFile(data)?.pid
  return {
    name,
    url,
    pid,
    pids: () => processesOf(pid()),
    async bringUp() {
      const until = performance.now() + patienceMs
      for (;;) {
        try {
          // A running server may be about to end, because of a full disk or a crash. It is checked again, and started
          // again.
          if (pid() === undefined) await start()
          return await withConnection(url, async (connection) => {
            await connection.query('SELECT')
          })
        } catch (error) {
          if (performance.now() > until) throw error
          await sleep(100)
        }
      }
    },
    async untilDown() {
      const until = performance.now() + patienceMs
      while (pid() !== undefined) {
        if (performance.now() > until) throw new Error(`${name} did not end within ${patienceMs / 1000} s.`)
        await sleep(20)
      }
    },
  }
}

/** Continues the processes of a server, in case the run ends while they are stopped. */
export function release({ pids }: Postgres): void {
  for (const pid of pids()) signal(pid, 'SIGCONT')
}

/** Returns a process of PostgreSQL and its children. */
function processesOf(main: number | undefined): readonly number[] {
  return main === undefined ? [] : [main, ...childrenOf(main)]
}
