import type pg from 'pg'
import { withConnection } from '../connection.ts'

/** Does something on a connection; has PostgreSQL cancel it when the signal comes. */
export async function cancelWhen<T>(
  signal: AbortSignal | undefined,
  { connection, databaseUrl }: { connection: pg.Client; databaseUrl: string },
  run: () => Promise<T>,
): Promise<T> {
  const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const cancel = () => {
    // Where nobody answers, what runs goes on to its end.
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
