import type pg from 'pg'

/**
 * Whether a pooler stands between us and PostgreSQL. A connection is told the process id of its backend when it is opened:
 * a pooler, which gives it one backend after the other, tells it another number.
 */
export async function isPooled(connection: pg.ClientBase): Promise<boolean> {
  const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const told = 'processID' in connection ? connection.processID : undefined
  return rows[0]?.pid !== told
}

/** PostgreSQL itself, where the pool's url leads to a pooler. */
export function directUrl(): string | undefined {
  return process.env.DIRECT_DATABASE_URL || undefined
}

/** Whether the error is a pooler's that does not pass on what a connection asks for when it is opened. */
export function isRefusedStartup(error: unknown): error is Error {
  return error instanceof Error && error.message.includes('unsupported startup parameter')
}

/** What to do where PostgreSQL itself is needed: sessions of a pooler keep neither a lock nor LISTEN. */
export function directNeeded(): Error {
  return new Error(
    'DATABASE_URL leads to a pooler. Migrations, npm run verify and live entries need PostgreSQL itself: ' +
      'set DIRECT_DATABASE_URL to its url.',
  )
}
