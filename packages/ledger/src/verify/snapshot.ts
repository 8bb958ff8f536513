import type pg from 'pg'

/**
 * Begins a transaction on each connection, all of which see the same rows, hands them over to `read`, and ends them. The
 * first connection's snapshot is that of the others: postings go on meanwhile, and none of them is seen.
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
    // A lost connection has said so already.
    await Promise.all([first, ...others].map((client) => client.query('ROLLBACK').catch(() => {})))
  }
}

async function begin(client: pg.ClientBase, snapshot?: string): Promise<void> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
  if (snapshot !== undefined) {
    await client.query(`SET TRANSACTION SNAPSHOT ${client.escapeLiteral(snapshot)}`)
  }
  await client.query("SET LOCAL TimeZone = 'UTC'; SET LOCAL statement_timeout = 0")
}

/** Does each task once, on the connections in turn: each takes the next one when it is free. */
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
