import {
  assertSession,
  commandBounds,
  connectionTo,
  directNeeded,
  isPooled,
  isRefusedStartup,
} from '@shared-ledger/ledger/session'
import pg from 'pg'

/** How long closing a connection may take. A server that is gone without a word does not answer. */
const goodbyeMs = 2_000

/**
 * Opens one connection, passes it to `use`, and closes it in any case. Statements may take as long as they need.
 * Keep-alive notices a server that is gone without a word.
 *
 * @throws Error that says what to do when the url leads to a pooler, PostgreSQL is too old, or a setting cannot be set
 */
export async function withConnection<T>(url: string, use: (connection: pg.Client) => Promise<T>): Promise<T> {
  const connection = new pg.Client({
    ...connectionTo(url, commandBounds),
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // A connection that breaks while nothing waits for it has no caller to tell. The next query reports it.
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
