import pg from 'pg'
import { withConnection } from '../connection.ts'
import { withDatabase } from '../database-url.ts'
import { createDatabase, dropDatabase } from '../databases.ts'
import { migrate } from '../migrations/migrate.ts'

/** A node of a Citus cluster, as its coordinator knows it. */
interface ClusterNode {
  readonly groupid: number
  readonly nodename: string
  readonly nodeport: number
}

/** Few shards, so that tests have several owners in one. */
const SHARDS = 8

interface DistributedDatabase {
  readonly database: string
  /** The project's root. */
  readonly root: string
}

/** Makes a database with a distributed ledger on a Citus cluster, for `npm run test:citus`. */
export async function createDistributedDatabase(
  coordinator: string,
  { database, root }: DistributedDatabase,
): Promise<void> {
  await createClusterDatabase(coordinator, database)
  const databaseUrl = withDatabase(coordinator, database)
  await migrate({ databaseUrl, root, log: () => {} })
  await withConnection(databaseUrl, (sql) => sql.query('SELECT ledger.distribute($1)', [SHARDS]))
}

/** Makes an empty database on every node, and one cluster of these. */
export async function createClusterDatabase(coordinator: string, database: string): Promise<void> {
  const nodes = await nodesOf(coordinator)
  for (const node of nodes) {
    const url = urlOf(coordinator, node)
    await createDatabase(url, database)
    await withConnection(withDatabase(url, database), (sql) => sql.query('CREATE EXTENSION citus'))
  }
  await withConnection(withDatabase(coordinator, database), async (sql) => {
    for (const { groupid, nodename, nodeport } of nodes) {
      const add = groupid === 0 ? 'citus_set_coordinator_host' : 'citus_add_node'
      await sql.query(`SELECT ${add}($1, $2)`, [nodename, nodeport])
    }
  })
}

/** Drops a database on every node. */
export async function dropClusterDatabase(coordinator: string, database: string): Promise<void> {
  for (const node of await nodesOf(coordinator)) await dropDatabase(urlOf(coordinator, node), database)
}

/** @throws Error that says what is missing, when the url does not lead to the coordinator of a cluster */
export async function nodesOf(coordinator: string): Promise<ClusterNode[]> {
  return withConnection(coordinator, async (sql) => {
    const known = await sql.query("SELECT to_regclass('pg_catalog.pg_dist_node') IS NOT NULL AS citus")
    if (!known.rows[0]?.citus) throw new Error('its database has no Citus')
    const { rows } = await sql.query<ClusterNode>(
      'SELECT groupid, nodename, nodeport FROM pg_dist_node WHERE isactive ORDER BY groupid',
    )
    if (rows.length < 2) throw new Error('its database knows no workers')
    return rows
  })
}

/** Returns the urls of a database on every node, the coordinator's first. */
export async function urlsOn(coordinator: string, database: string): Promise<string[]> {
  const nodes = await nodesOf(coordinator)
  return nodes.map((node) => withDatabase(urlOf(coordinator, node), database))
}

/** Returns the url of a node. Its login is that of the coordinator's url. */
export function urlOf(coordinator: string, { groupid, nodename, nodeport }: ClusterNode): string {
  if (groupid === 0) return coordinator
  const { user = '', password, database = '' } = new pg.Client(coordinator)
  const login = [user, password ?? ''].map(encodeURIComponent).join(':')
  const address = nodename.startsWith('/') ? encodeURIComponent(nodename) : nodename
  return `postgresql://${login}@${address}:${nodeport}/${encodeURIComponent(database)}`
}
