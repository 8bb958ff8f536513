import type pg from 'pg'
import { createLedgerClient } from '../database/database.ts'
import { prismaSql, type Sql } from '../database/sql.ts'
import { ClusterPool } from './cluster-pool.ts'
import { ownerHash } from './owner-hash.ts'

/** The number of the shard when it is not known. One PostgreSQL has this shard alone. */
export const ANY_SHARD = -1
/** The number in place of a shard when owners are of several. */
export const SEVERAL_SHARDS = -2

/**
 * Where the accounts of owners are, as it was read a while ago. Whoever uses an old map posts as well: a node passes on
 * what is not its own. It only costs time.
 */
export interface Shards {
  /** Reads where the accounts are. Until then, and where there is one PostgreSQL, each owner is in ANY_SHARD. */
  read(): Promise<void>
  /** Returns the number of the shard that all of these owners are in, ANY_SHARD or SEVERAL_SHARDS. */
  of(ownerIds: readonly string[]): number
  /** Returns the client of the node that has the first of these owners, or the ledger's own. */
  sqlOf(ownerIds: readonly string[]): Sql
  close(): Promise<void>
}

/** How old a map may be before a posting reads it again. Shards move when an operator says so. */
const maxAgeMs = 60_000

interface Shard {
  /** The lowest hash of its owners. */
  readonly low: number
  readonly node: number
}

/** @param own The client of the pool's own database. */
export function createShards(pool: pg.Pool, own: Sql): Shards {
  const others = pool instanceof ClusterPool ? pool.others.map(createLedgerClient) : []
  const clients = others.map(prismaSql)
  let shards: readonly Shard[] = []
  let clientOf: ReadonlyMap<number, Sql> = new Map()
  let readAt = Number.NEGATIVE_INFINITY

  const read = async () => {
    readAt = performance.now()
    const found = await own<Shard>('SELECT low, node FROM ledger.shard_nodes()', [])
    const nodes = found.length > 0 ? await Promise.all(clients.map(nodeOf)) : []
    clientOf = new Map(nodes.flat())
    shards = found
  }
  const readAgain = () => {
    if (performance.now() - readAt < maxAgeMs) return
    // Where it cannot be read, nothing can be posted either, and that is reported. The old map stays meanwhile.
    read().catch(() => {})
  }

  return {
    read,
    of(ownerIds) {
      if (shards.length === 0) return ANY_SHARD
      readAgain()
      const [first = ANY_SHARD, ...rest] = ownerIds.map((ownerId) => shardOf(shards, ownerHash(ownerId)))
      return rest.every((shard) => shard === first) ? first : SEVERAL_SHARDS
    },
    sqlOf([ownerId = '']) {
      const node = shards[shardOf(shards, ownerHash(ownerId))]?.node
      return (node !== undefined && clientOf.get(node)) || own
    },
    async close() {
      await Promise.all(others.map((client) => client.$disconnect()))
    },
  }
}

/** Returns the number of a client's node with the client. None while the node is away: then its shards are, too. */
async function nodeOf(sql: Sql): Promise<readonly (readonly [number, Sql])[]> {
  try {
    const rows = await sql<{ readonly node: number }>('SELECT groupid AS node FROM pg_dist_local_group', [])
    return rows.map(({ node }) => [node, sql] as const)
  } catch {
    return []
  }
}

function shardOf(shards: readonly Shard[], hash: number): number {
  return shards.findLastIndex(({ low }) => low <= hash)
}
