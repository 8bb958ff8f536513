import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { newPassword, withConnection } from '@shared-ledger/postgres'
import { ensureDatabase } from '../../packages/postgres/src/databases.ts'
import { passwordOf } from '../../packages/postgres/src/embedded/initialise.ts'
import { takeLease } from '../../packages/postgres/src/embedded/lease.ts'
import { makeOpen, type Placement } from '../../packages/postgres/src/embedded/placement.ts'
import { stopServer } from '../../packages/postgres/src/embedded/server.ts'
import { type Node, type NodePlace, placeNode, programsIn, startNode, stopLeft } from './nodes.ts'

interface NodesOptions {
  /** The folder of PostgreSQL's programs, as CLUSTER_BIN says it. */
  readonly bin: string | undefined
  /** The folder that keeps the nodes' data between runs. */
  readonly directory: string
  /** How many workers there are. Those of earlier runs stay, even if fewer are wanted now. */
  readonly workers: number
  /** PostgreSQL's settings on all nodes, beside those that a cluster needs. */
  readonly settings?: Readonly<Record<string, string>>
  /** Called with lines that tell a person what happens. */
  readonly log: (line: string) => void
  /** Stops the nodes and rejects the call with an AbortError. */
  readonly signal: AbortSignal
}

interface ClusterOptions extends NodesOptions {
  /** Called with the name of a node that has ended. */
  readonly onLost: (name: string) => void
}

/** The servers of a cluster. */
export interface Nodes {
  readonly coordinator: Node
  readonly workers: readonly Node[]
  /** Stops the coordinator, then the workers. */
  stop(): Promise<void>
}

/** A running cluster, which no other run uses. */
export interface Cluster {
  /** The url of the ledger's database on the coordinator. */
  readonly url: string
  /** How many workers there are. */
  readonly workers: number
  /** Stops the coordinator, then the workers. */
  stop(): Promise<void>
}

/** The ledger's database on every node. */
export const DATABASE = 'shared_ledger'

/** The coordinator's port if it is free. Those of the workers follow. */
const FIRST_PORT = 54_330

/**
 * Starts a coordinator and workers, each with its own data, and makes one cluster of them. As long as they run, no
 * other call gets them.
 *
 * @throws Error that says what to do when it already runs, or when the programs or Citus are missing
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { signal, onLost } = options
  const { coordinator, workers, stop } = await startNodes(options)
  let isStopping = false
  const leaseOf = ({ name, url }: Node) =>
    takeLease(url('postgres'), () => {
      if (!isStopping) onLost(name)
    })
  try {
    const leases = await Promise.all([coordinator, ...workers].map(leaseOf))
    signal.throwIfAborted()
    return {
      url: coordinator.url(DATABASE),
      workers: workers.length,
      async stop() {
        isStopping = true
        await Promise.all(leases.map((lease) => lease.end()))
        await stop()
      },
    }
  } catch (error) {
    isStopping = true
    await stop()
    throw error
  }
}

/**
 * Starts a coordinator and workers, each with its own data, and makes one cluster of them.
 *
 * @throws Error that says what to do when it already runs, or when the programs or Citus are missing
 */
export async function startNodes(options: NodesOptions): Promise<Nodes> {
  const { bin, directory, settings = {}, log, signal } = options
  const programs = programsIn(bin)
  makeOpen(directory)
  const placeOf = async (name: string, password: string) => {
    signal.throwIfAborted()
    const place = await placeNode(name, { programs, directory, password })
    await stopLeft(place)
    return place
  }
  const first = await placeOf('coordinator', newPassword())
  const password = passwordOf(first.placement)
  const others: NodePlace[] = []
  for (const name of workersIn(directory, options.workers)) others.push(await placeOf(name, password))

  const sockets = makeSockets(first.placement)
  const nodes: Node[] = []
  const start = async (place: NodePlace) => {
    signal.throwIfAborted()
    log(`Starting the ${place.name} …`)
    const node = await startNode(place, { port: FIRST_PORT + nodes.length, sockets, settings })
    nodes.push(node)
    return node
  }
  const stop = async () => {
    for (const { name, placement } of nodes) {
      log(`Stopping the ${name} …`)
      await stopServer(placement)
    }
  }
  try {
    const coordinator = await start(first)
    const workers: Node[] = []
    for (const place of others) workers.push(await start(place))
    await join({ coordinator, workers, sockets })
    signal.throwIfAborted()
    return { coordinator, workers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Returns the names of the workers of earlier runs, and of as many more as are wanted. */
function workersIn(directory: string, wanted: number): string[] {
  const made = readdirSync(directory).filter((name) => /^worker-\d+$/.test(name)).length
  return Array.from({ length: Math.max(made, wanted) }, (_, at) => `worker-${at + 1}`)
}

/** Makes the folder of the nodes' sockets, which only their system user may enter. */
function makeSockets({ home, user }: Placement): string {
  const sockets = path.join(home, 'sockets')
  mkdirSync(sockets, { recursive: true })
  chmodSync(sockets, 0o700)
  if (user) chownSync(sockets, user.uid, user.gid)
  return sockets
}

interface Joined {
  readonly coordinator: Node
  readonly workers: readonly Node[]
  /** The folder in which the nodes reach each other. */
  readonly sockets: string
}

/** Makes one cluster of the nodes. A node that has another port than in an earlier run stays the same node. */
async function join({ coordinator, workers, sockets }: Joined): Promise<void> {
  for (const { url } of [coordinator, ...workers]) {
    await ensureDatabase(url(DATABASE))
    await withConnection(url(DATABASE), (sql) => sql.query('CREATE EXTENSION IF NOT EXISTS citus'))
  }
  const ports = [coordinator, ...workers].map(({ port }) => port)
  await withConnection(coordinator.url(DATABASE), async (sql) => {
    // Citus counts the coordinator as group 0, and workers in the order in which they come.
    await sql.query(
      `SELECT citus_update_node(nodeid, $1, ($2::int[])[groupid + 1], force => true) FROM pg_dist_node
        WHERE nodename <> $1 OR nodeport <> ($2::int[])[groupid + 1]`,
      [sockets, ports],
    )
    await sql.query(
      'SELECT start_metadata_sync_to_all_nodes() FROM pg_dist_node WHERE NOT metadatasynced LIMIT 1',
    )
    await sql.query('SELECT citus_set_coordinator_host($1, $2)', [sockets, coordinator.port])
    for (const { port } of workers) await sql.query('SELECT citus_add_node($1, $2)', [sockets, port])
  })
}
