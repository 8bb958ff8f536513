import type pg from 'pg'

/** What a node answered to a command: the first column of the first row. */
export interface NodeAnswer {
  /** "worker-1:5432", or "PostgreSQL" where there is one. */
  readonly node: string
  readonly text: string
}

/** Whether the database has Citus. */
export async function hasCitus(connection: pg.ClientBase): Promise<boolean> {
  const { rows } = await connection.query<{ citus: boolean }>(
    `SELECT to_regclass('pg_catalog.pg_dist_node') IS NOT NULL AS citus`,
  )
  return rows[0]?.citus === true
}

/**
 * Runs one command on each node of a cluster, each in a transaction of its own, or on one PostgreSQL. The connection
 * must be the coordinator's.
 *
 * @throws Error with the node's message when the command fails on a node
 */
export async function onEveryNode(connection: pg.ClientBase, command: string): Promise<NodeAnswer[]> {
  if (!(await hasCitus(connection))) {
    const { rows } = await connection.query<unknown[]>({ text: command, rowMode: 'array' })
    return [{ node: 'PostgreSQL', text: String(rows[0]?.[0] ?? '') }]
  }
  const answers = await answersOf(connection, command)
  const failed = answers.find(({ success }) => !success)
  if (failed) throw new Error(`The node ${failed.node} did not do what it was told: ${failed.text}`)
  return answers
}

/** Runs one command on each node of a cluster. The text of a node on which it fails is its message. */
export async function answersOf(
  connection: pg.ClientBase,
  command: string,
): Promise<(NodeAnswer & { readonly success: boolean })[]> {
  const { rows } = await connection.query<NodeAnswer & { readonly success: boolean }>(
    `SELECT n.nodename || ':' || n.nodeport AS node, a.success, coalesce(a.result, '') AS text
       FROM run_command_on_all_nodes($1) a JOIN pg_dist_node n USING (nodeid) ORDER BY n.groupid`,
    [command],
  )
  return rows
}
