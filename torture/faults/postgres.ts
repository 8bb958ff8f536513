import { setTimeout as sleep } from 'node:timers/promises'
import { readDatabaseUrl } from '@shared-ledger/ledger/session'
import { withConnection } from '@shared-ledger/postgres'
import pg from 'pg'
import { signal } from '../servers/processes.ts'
import type { Begin } from './stage.ts'

export const killPostgres: Begin = async ({ postgres }) => {
  signal(postgres.pid(), 'SIGKILL')
  return { end: () => postgres.bringUp() }
}

/** PostgreSQL then ends all of its processes and recovers. */
export const killBackend: Begin = async ({ postgres }, random) => {
  const pids = await withConnection(postgres.url, async (connection) => {
    const { rows } = await connection.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY backend_start`,
    )
    return rows.map(({ pid }) => pid)
  })
  if (pids.length > 0) signal(random.pick(pids), 'SIGKILL')
  return { end: () => postgres.bringUp() }
}

export const stopPostgres: Begin = async ({ postgres }) => {
  const pids = postgres.pids()
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
  async ({ postgres }) => {
    signal(postgres.pid(), mode)
    return {
      async end() {
        await postgres.untilDown()
        await postgres.bringUp()
      },
    }
  }

/** Another program takes every connection: it ends those of the servers, and takes them before the servers are back. */
export const takeConnections: Begin = async ({ postgres }) => {
  let isOver = false
  const takeAll = async () => {
    const taken: pg.Client[] = []
    while (!isOver) {
      const connection = await connect(postgres.url)
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
export const fillDisk: Begin = async ({ postgres, disk }, random) => {
  const isNewLogNeeded = random.chance(0.5)
  await disk.fill(random.int(0, mostSpareKiB))
  if (isNewLogNeeded) {
    await withConnection(postgres.url, (connection) => connection.query('SELECT pg_switch_wal()')).catch(
      () => {},
    )
  }
  return {
    async end() {
      disk.empty()
      await postgres.bringUp()
    },
  }
}
