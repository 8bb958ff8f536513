import { setTimeout as sleep } from 'node:timers/promises'
import { readDatabaseUrl } from '@shared-ledger/ledger/session'
import { withConnection } from '@shared-ledger/postgres'
import pg from 'pg'
import type { Random } from '../random.ts'
import { serversOf } from '../servers/database.ts'
import type { Postgres } from '../servers/postgres.ts'
import { signal } from '../servers/processes.ts'
import type { Begin, Stage } from './stage.ts'

/** Draws the server that fails: any node of a cluster. */
const draw = ({ database }: Stage, random: Random): Postgres => random.pick(serversOf(database))

/** The only server, or the coordinator. */
export const killFirst: Begin = async ({ database: { first } }) => {
  signal(first.pid(), 'SIGKILL')
  return { end: () => first.bringUp() }
}

export const killAll: Begin = async ({ database }) => {
  const all = serversOf(database)
  for (const { pid } of all) signal(pid(), 'SIGKILL')
  return {
    async end() {
      await Promise.all(all.map((server) => server.bringUp()))
    },
  }
}

/** PostgreSQL then ends all of its processes and recovers. */
export const killBackend: Begin = async (stage, random) => {
  const server = draw(stage, random)
  const pids = await withConnection(server.url, async (connection) => {
    const { rows } = await connection.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY backend_start`,
    )
    return rows.map(({ pid }) => pid)
  })
  if (pids.length > 0) signal(random.pick(pids), 'SIGKILL')
  return { end: () => server.bringUp() }
}

export const stopPostgres: Begin = async (stage, random) => {
  const pids = draw(stage, random).pids()
  for (const pid of pids) signal(pid, 'SIGSTOP')
  return {
    async end() {
      for (const pid of pids) signal(pid, 'SIGCONT')
    },
  }
}

/** PostgreSQL's two ways to end at once: in order, and as if it crashed. */
export const restartPostgres =
  (mode: 'SIGINT' | 'SIGQUIT'): Begin =>
  async (stage, random) => {
    const server = draw(stage, random)
    signal(server.pid(), mode)
    return {
      async end() {
        await server.untilDown()
        await server.bringUp()
      },
    }
  }

/** Another program takes every connection: it ends those of the servers, and takes them before the servers are back. */
export const takeConnections: Begin = async (stage, random) => {
  const { url } = draw(stage, random)
  let isOver = false
  const takeAll = async () => {
    const taken: pg.Client[] = []
    while (!isOver) {
      const connection = await connect(url)
      if (connection) taken.push(connection)
      else if (taken[0]) await taken[0].query(endOne).catch(() => {})
      else await sleep(20)
    }
    await Promise.all(taken.map((connection) => connection.end().catch(() => {})))
  }
  const taking = Promise.all(Array.from({ length: takers }, takeAll))
  return {
    async end() {
      isOver = true
      await taking
    },
  }
}

const takers = 3

const endOne = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND application_name <> 'torture' LIMIT 1`

/** Opens a connection. Returns undefined when there is none left. */
async function connect(url: string): Promise<pg.Client | undefined> {
  const connection = new pg.Client({ ...readDatabaseUrl(url), application_name: 'torture' })
  connection.on('error', () => {})
  try {
    await connection.connect()
    return connection
  } catch {
    return undefined
  }
}

const mostSpareKiB = 256

/** Leaves no room for a new page, and in half of the cases none for a new file of the transaction log either. */
export const fillDisk: Begin = async ({ database, disk }, random) => {
  const isNewLogNeeded = random.chance(0.5)
  await disk.fill(random.int(0, mostSpareKiB))
  if (isNewLogNeeded) await Promise.all(serversOf(database).map(switchLog))
  return {
    async end() {
      disk.empty()
      await Promise.all(serversOf(database).map((server) => server.bringUp()))
    },
  }
}

/** Asks for a new file of the transaction log, which a full disk refuses. */
async function switchLog({ url }: Postgres): Promise<void> {
  await withConnection(url, (connection) => connection.query('SELECT pg_switch_wal()')).catch(() => {})
}
