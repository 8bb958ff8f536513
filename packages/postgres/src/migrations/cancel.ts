import type pg from 'pg'
import { withConnection } from '../connection.ts'

/** Runs something on a connection. When the signal is aborted, PostgreSQL cancels the running statement. */
export async function cancelWhen<T>(
  signal: AbortSignal | undefined,
  { connection, databaseUrl }: { connection: pg.Client; databaseUrl: string },
  run: () => Promise<T>,
): Promise<T> {
  const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const cancel = () => {
    // When the server cannot be reached, the statement runs to its end.
    withConnection(databaseUrl, (other) => other.query('SELECT pg_cancel_backend($1)', [rows[0]?.pid])).catch(
      () => {},
    )
  }
  signal?.addEventListener('abort', cancel)
  try {
    signal?.throwIfAborted()
    return await run()
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}
