import { availableParallelism } from 'node:os'
import { withConnection } from '@shared-ledger/postgres'
import type pg from 'pg'

/** How many connections read the whole ledger at most, because PostgreSQL has other work too. */
const MAX_CONNECTIONS = 4

type Connections = readonly [pg.Client, ...pg.Client[]]

/**
 * Opens as many connections as there are processors, and passes them on, to share the reading of a whole ledger. A
 * statement on them may take long. When the command is stopped, it ends at once, even if PostgreSQL goes on.
 */
export async function withScanConnections<T>(
  url: string,
  stopped: AbortSignal,
  use: (connections: Connections) => Promise<T>,
): Promise<T> {
  const count = Math.min(MAX_CONNECTIONS, availableParallelism())
  const openMore = (open: Connections): Promise<T> =>
    open.length < count ? withConnection(url, (next) => openMore([...open, next])) : useAll(open)
  const useAll = async (open: Connections) => {
    const pids = await Promise.all(open.map(pidOf))
    stopped.addEventListener('abort', () => {
      const cancel = 'SELECT pg_cancel_backend(pid) FROM unnest($1::integer[]) pid'
      void withConnection(url, (other) => other.query(cancel, [pids])).catch(() => {})
    })
    try {
      return await use(open)
    } catch (error) {
      stopped.throwIfAborted()
      throw error
    }
  }
  return withConnection(url, (first) => openMore([first]))
}

async function pidOf(connection: pg.Client): Promise<number | undefined> {
  const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid
}
