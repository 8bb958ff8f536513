import type pg from 'pg'

type Address = readonly [host: string, port: number]

/** A shard of the ledger, and two workers. */
export interface Move {
  readonly shard: string
  readonly from: Address
  readonly to: Address
}

interface Shard {
  readonly shard: string
  readonly host: string
  readonly port: number
}

/** Returns each shard with each worker that it is not on, in the order of the shards. */
export async function possibleMoves(sql: pg.ClientBase): Promise<readonly Move[]> {
  const shards = await sql.query<Shard>('SELECT shard, host, port FROM ledger.shards()')
  const nodes = await sql.query<{ host: string; port: number }>(
    'SELECT nodename AS host, nodeport AS port FROM pg_dist_node WHERE shouldhaveshards ORDER BY nodeid',
  )
  return shards.rows.flatMap(({ shard, host, port }) =>
    nodes.rows
      .filter((node) => node.host !== host || node.port !== port)
      .map((node): Move => ({ shard, from: [host, port], to: [node.host, node.port] })),
  )
}

/** Moves what all tables have in a shard, by logical replication. */
export async function move(sql: pg.ClientBase, { shard, from, to }: Move): Promise<void> {
  await sql.query("SELECT citus_move_shard_placement($1, $2, $3, $4, $5, 'force_logical')", [
    shard,
    ...from,
    ...to,
  ])
}
