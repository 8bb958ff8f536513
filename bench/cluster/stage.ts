import { findRoot, migrate, withConnection } from '@shared-ledger/postgres'
import pg from 'pg'
import { accountsOf } from '../../packages/ledger/src/posting/accounts.ts'
import { callsOf } from '../../packages/ledger/src/posting/calls.ts'
import { withDatabase } from '../../packages/postgres/src/database-url.ts'
import { createDatabase, dropDatabase } from '../../packages/postgres/src/databases.ts'
import {
  createClusterDatabase,
  dropClusterDatabase,
  nodesOf,
  urlOf,
} from '../../packages/postgres/src/testing/given-cluster.ts'
import { app, draftFor, sqlOver } from '../posting.ts'
import { processorTimeOf } from './processor-time.ts'

/** A server, and the processor time that all of its processes have used, in µs. */
export interface Node {
  readonly name: string
  readonly processorTime: () => number
}

/** Where calls are sent, and the servers that work on them. */
export interface Place {
  readonly connection: pg.Client
  readonly nodes: readonly Node[]
}

/** The owners of a shard. */
interface Shard {
  readonly host: string
  readonly port: number
  readonly owners: readonly string[]
}

/** The same ledger on one PostgreSQL and on a cluster. */
export interface Stage {
  readonly one: Place
  readonly coordinator: Place
  /** The worker that has the owners of the first of `shards`. */
  readonly worker: Place
  /** Two shards of two workers. */
  readonly shards: readonly [readonly string[], readonly string[]]
  readonly version: string
  remove(): Promise<void>
}

const ownersOfShard = 1_000
const shardCount = 8

/**
 * Makes two databases on an existing cluster of this machine: a distributed one, and one of the coordinator's server
 * alone, which is one PostgreSQL of the same version with the same settings.
 */
export async function createStage(cluster: string): Promise<Stage> {
  const [distributed, single] = ['bench_distributed', 'bench_single']
  const urls = { distributed: withDatabase(cluster, distributed), single: withDatabase(cluster, single) }
  const remove = async () => {
    await dropClusterDatabase(cluster, distributed)
    await dropDatabase(cluster, single)
  }
  await remove()
  await createClusterDatabase(cluster, distributed)
  await createDatabase(cluster, single)
  for (const databaseUrl of Object.values(urls)) {
    await migrate({ databaseUrl, root: findRoot(import.meta.dirname), apps: [], log: () => {} })
    await withConnection(databaseUrl, (sql) =>
      sql.query(`SELECT ledger.set_operations('${app}', ledger.shared_operations())`),
    )
  }
  await withConnection(urls.distributed, (sql) => sql.query('SELECT ledger.distribute($1)', [shardCount]))
  const [first, second] = await twoShards(urls.distributed)
  for (const databaseUrl of Object.values(urls)) await fill(databaseUrl, [first.owners, second.owners])

  const clusterNodes = await Promise.all(
    (await nodesOf(urls.distributed)).map(async (node) => {
      const url = urlOf(urls.distributed, node)
      return { ...node, url, name: nameOf(node.groupid), processorTime: await processorTimeOf(url) }
    }),
  )
  const [coordinator] = clusterNodes
  const worker = clusterNodes.find(
    ({ nodename, nodeport }) => nodename === first.host && nodeport === first.port,
  )
  if (!coordinator || !worker) throw new Error('the cluster has no coordinator or no worker')
  const connections = await Promise.all([urls.single, urls.distributed, worker.url].map(connect))
  const [one, through, direct] = connections
  if (!one || !through || !direct) throw new Error('a connection is missing')
  const { rows } = await one.query('SHOW server_version')
  return {
    one: { connection: one, nodes: [{ ...coordinator, name: 'one PostgreSQL' }] },
    coordinator: { connection: through, nodes: clusterNodes },
    worker: { connection: direct, nodes: clusterNodes },
    shards: [first.owners, second.owners],
    version: rows[0].server_version,
    async remove() {
      await Promise.all(connections.map((connection) => connection.end()))
      await remove()
    },
  }
}

function nameOf(group: number): string {
  return group === 0 ? 'coordinator' : `worker ${group}`
}

async function connect(connectionString: string): Promise<pg.Client> {
  const connection = new pg.Client({ connectionString })
  await connection.connect()
  return connection
}

/** Returns owners of two shards that are on two workers. */
async function twoShards(databaseUrl: string): Promise<readonly [Shard, Shard]> {
  const shards = await withConnection(databaseUrl, async (sql) => {
    const { rows } = await sql.query<Shard>(
      `SELECT s.host, s.port, array_agg(o.owner_id) AS owners
         FROM (SELECT 'owner-' || n AS owner_id FROM generate_series(1, $1::int) n) o
         JOIN ledger.shards() s
           ON s.shard = get_shard_id_for_distribution_column('ledger.accounts', o.owner_id)
        GROUP BY s.shard, s.host, s.port ORDER BY s.shard`,
      [2 * shardCount * ownersOfShard],
    )
    return rows.map((shard) => ({ ...shard, owners: shard.owners.slice(0, ownersOfShard) }))
  })
  const [first] = shards
  const second = shards.find(({ host, port }) => host !== first?.host || port !== first.port)
  if (!first || !second) throw new Error('the bench needs a cluster of two workers')
  return [first, second]
}

/** Gives each owner credits to spend. */
async function fill(databaseUrl: string, shards: readonly (readonly string[])[]): Promise<void> {
  const connection = await connect(databaseUrl)
  try {
    for (const owners of shards) {
      for (let at = 0; at < owners.length; at += 250) {
        const some = owners.slice(at, at + 250).toSorted()
        const drafts = some.map((ownerId) =>
          draftFor([{ ownerId, operation: 'CREDIT_ADD', amount: 1_000_000 }]),
        )
        await callsOf(app).post(sqlOver(connection), drafts, accountsOf(drafts), {
          skipBusy: false,
          lockMs: null,
        })
      }
    }
    await connection.query('ANALYZE')
  } finally {
    await connection.end()
  }
}
