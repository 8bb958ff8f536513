import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'

const pauseMs = 100

/** A cluster settles what the loss of a node has interrupted much sooner, once the node is back. */
const patienceMs = 120_000

/**
 * Waits until every transaction that the nodes of a cluster have prepared by now is committed or rolled back on all of
 * them. Until then some nodes show what it did, and others do not. One PostgreSQL has nothing to wait for.
 *
 * @throws Error when one takes two minutes, because the node that led it is away
 */
export async function untilCommitted(client: pg.ClientBase): Promise<void> {
  const cluster = await client.query("SELECT WHERE to_regclass('pg_catalog.pg_dist_node') IS NOT NULL")
  if (cluster.rowCount === 0) return
  const end = performance.now() + patienceMs
  let pending = await preparedOn(client)
  while (pending.length > 0) {
    if (performance.now() > end) {
      throw new Error(
        `Transactions of the cluster have been half committed for two minutes: ${pending.join(', ')}. ` +
          'Start the node that led them, and verify again.',
      )
    }
    await delay(pauseMs)
    const still = new Set(await preparedOn(client))
    pending = pending.filter((gid) => still.has(gid))
  }
}

/** Returns the names of the transactions that the cluster's nodes have prepared. */
async function preparedOn(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ gids: string[] }>('SELECT ledger.prepared_transactions() AS gids')
  return rows[0]?.gids ?? []
}
