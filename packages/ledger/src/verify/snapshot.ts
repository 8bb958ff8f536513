import type pg from 'pg'

/**
 * Begins a transaction on each connection, calls `read`, and ends the transactions. All connections share the first
 * one's snapshot and see the same rows. Postings go on meanwhile, and none of them is visible.
 *
 * On a cluster the nodes know nothing of this snapshot. A statement sees each shard at one moment, but different shards,
 * and different statements, at different moments.
 */
export async function inSnapshot(
  [first, ...others]: readonly [pg.ClientBase, ...pg.ClientBase[]],
  read: () => Promise<void>,
): Promise<void> {
  try {
    await begin(first)
    if (others.length > 0) {
      const { rows } = await first.query<{ id: string }>('SELECT pg_export_snapshot() AS id')
      await Promise.all(others.map((other) => begin(other, rows[0]?.id)))
    }
    await read()
  } finally {
    // The error of a lost connection has already been reported.
    await Promise.all([first, ...others].map((client) => client.query('ROLLBACK').catch(() => {})))
  }
}

async function begin(client: pg.ClientBase, snapshot?: string): Promise<void> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
  if (snapshot !== undefined) {
    await client.query(`SET TRANSACTION SNAPSHOT ${client.escapeLiteral(snapshot)}`)
  }
  // The nodes of a cluster take the other settings over. One PostgreSQL keeps the first as a name without a meaning.
  await client.query(
    "SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL TimeZone = 'UTC'; SET LOCAL statement_timeout = 0",
  )
}

/** Runs each task once. Each connection takes the next task when it is free. */
export async function shareOut<Task>(
  clients: readonly pg.ClientBase[],
  tasks: readonly Task[],
  run: (client: pg.ClientBase, task: Task) => Promise<void>,
): Promise<void> {
  const waiting = tasks.values()
  let isOver = false
  const work = async (client: pg.ClientBase) => {
    for (const task of waiting) {
      if (isOver) return
      await run(client, task)
    }
  }
  try {
    await Promise.all(clients.map(work))
  } finally {
    isOver = true
  }
}
