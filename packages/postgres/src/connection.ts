import {
  assertSession,
  commandBounds,
  connectionTo,
  directNeeded,
  isPooled,
  isRefusedStartup,
} from '@shared-ledger/ledger/session'
import pg from 'pg'

/** How long the goodbye to PostgreSQL may take: one that is gone without a word answers none. */
const goodbyeMs = 2_000

/**
 * Opens one connection, hands it to `use`, and closes it whatever happens. What it asks may take as long as it must; a
 * server that is gone without a word is noticed by keep-alive.
 *
 * @throws Error that says what to do where the url leads to a pooler, where PostgreSQL is too old, and where a setting
 *   cannot be had.
 */
export async function withConnection<T>(url: string, use: (connection: pg.Client) => Promise<T>): Promise<T> {
  const connection = new pg.Client({
    ...connectionTo(url, commandBounds),
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // A connection that breaks while nothing waits for it has no caller to tell; the next query tells.
  connection.on('error', () => {})
  try {
    await connection.connect()
    if (await isPooled(connection)) throw directNeeded()
    await assertSession(connection, commandBounds)
  } catch (error) {
    await close(connection)
    throw isRefusedStartup(error) ? directNeeded() : error
  }
  try {
    return await use(connection)
  } finally {
    await close(connection)
  }
}

async function close(connection: pg.Client): Promise<void> {
  const cutOff = setTimeout(() => connection.connection.stream.destroy(), goodbyeMs)
  await connection.end().catch(() => {})
  clearTimeout(cutOff)
}
