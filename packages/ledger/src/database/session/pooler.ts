import type pg from 'pg'

/**
 * Whether a pooler stands between us and PostgreSQL. PostgreSQL tells each new connection the process id of its
 * backend. A pooler tells another number, because it gives a connection one backend after the other.
 */
export async function isPooled(connection: pg.ClientBase): Promise<boolean> {
  const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const told = 'processID' in connection ? connection.processID : undefined
  return rows[0]?.pid !== told
}

/** Returns the url of PostgreSQL itself when the pool's url leads to a pooler. Undefined when it is not set. */
export function directUrl(): string | undefined {
  return process.env.DIRECT_DATABASE_URL || undefined
}

/** Whether the error comes from a pooler that does not pass on the settings of a new connection. */
export function isRefusedStartup(error: unknown): error is Error {
  return error instanceof Error && error.message.includes('unsupported startup parameter')
}

/**
 * Returns the error that says what to do when PostgreSQL itself is needed: sessions of a pooler keep neither a lock nor
 * LISTEN.
 */
export function directNeeded(): Error {
  return new Error(
    'DATABASE_URL leads to a pooler. Migrations, npx shared-ledger verify and live entries need PostgreSQL itself: ' +
      'set DIRECT_DATABASE_URL to its url.',
  )
}
