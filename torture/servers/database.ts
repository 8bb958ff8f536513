import path from 'node:path'
import {
  findRoot,
  migrate,
  newPassword,
  provisionApp,
  roleOf,
  withConnection,
  withLogin,
} from '@shared-ledger/postgres'
import { dataOf } from '../../packages/postgres/src/embedded/placement.ts'
import { startMigratedPostgres } from '../../packages/postgres/src/testing/migrated-postgres.ts'
import { watch } from '../../packages/postgres/src/testing/watch.ts'
import { DATABASE, type Nodes, startNodes } from '../../scripts/cluster/cluster.ts'
import type { Node } from '../../scripts/cluster/nodes.ts'
import { type App, apps } from '../requests.ts'
import { controlled, type Postgres, release } from './postgres.ts'

/** The database under torture: one PostgreSQL, or a cluster. */
export interface Database {
  /** The server that the apps connect to: the only one, or the coordinator. */
  readonly first: Postgres
  readonly workers: readonly Postgres[]
  /** Returns the url of the first server with the login of an app's role. */
  loginOf(app: App): string
  remove(): Promise<void>
}

/** Returns all servers, in order. */
export const serversOf = ({ first, workers }: Database): readonly Postgres[] => [first, ...workers]

export interface DatabaseOptions {
  readonly folder: string
  /** 0 for one PostgreSQL. */
  readonly workers: number
  /** Whether the ledger of a cluster is distributed. Otherwise it is on the coordinator. */
  readonly isDistributed: boolean
  readonly log: (line: string) => void
  readonly stopped: AbortSignal
}

/** What is acknowledged must survive a killed process. The disk is in memory, so a power cut is not tested. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // This keeps the recovery after a crash short, and the disk small.
  max_wal_size: '256MB',
  checkpoint_timeout: '30s',
}

/** Enough for all servers, and few enough for another program to take all of them. Nodes connect to each other, too. */
const [connectionsOfOne, connectionsOfNode] = ['80', '160']

/** Enough that a worker keeps some when others move. More would only cost time. */
export const shardsPerWorker = 2

const root = findRoot(import.meta.dirname)

/** Starts PostgreSQL, or a cluster with a distributed ledger, in which each app logs in with its own role. */
export async function startDatabase(options: DatabaseOptions): Promise<Database> {
  const started = options.workers > 0 ? await startCluster(options) : await startOne(options)
  const { first, workers, remove } = started
  try {
    const password = newPassword()
    await withConnection(first.url, async (connection) => {
      for (const app of apps) await provisionApp(connection, { app, password })
    })
    return {
      first,
      workers,
      loginOf: (app) => withLogin(first.url, { user: roleOf(app), password }),
      async remove() {
        for (const server of [first, ...workers]) release(server)
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function startOne({ folder }: DatabaseOptions) {
  const own = { ...settings, max_connections: connectionsOfOne }
  const server = await startMigratedPostgres(root, { settings: own, folder })
  const { placement, start, remove } = server
  const first = controlled({ name: 'postgres', url: server.url(server.database), placement, start })
  return { first, workers: [], remove }
}

async function startCluster({ folder, workers, isDistributed, log, stopped }: DatabaseOptions) {
  const names = ['coordinator', ...Array.from({ length: workers }, (_, at) => `worker-${at + 1}`)]
  const ends = names.map((name) => watch(dataOf(path.join(folder, name)), []))
  let nodes: Nodes | undefined
  const remove = async () => {
    await nodes?.stop()
    for (const end of ends) end()
  }
  try {
    nodes = await startNodes({
      bin: process.env.CLUSTER_BIN,
      directory: folder,
      workers,
      settings: { ...settings, max_connections: connectionsOfNode },
      log,
      signal: stopped,
    })
    const databaseUrl = nodes.coordinator.url(DATABASE)
    await migrate({ databaseUrl, root, log: () => {} })
    if (isDistributed) {
      await withConnection(databaseUrl, (sql) =>
        sql.query('SELECT ledger.distribute($1)', [shardsPerWorker * workers]),
      )
    }
    return { first: controlledNode(nodes.coordinator), workers: nodes.workers.map(controlledNode), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function controlledNode({ name, url, placement, startAgain }: Node): Postgres {
  return controlled({ name, url: url(DATABASE), placement, start: startAgain })
}
