import pg from 'pg'
import { LedgerConnection } from '../database/connection.ts'
import { coalesce } from './coalesce.ts'

/** The shortest time between two wake-ups that a process sends. It is enough for a burst of postings. */
const pauseMs = 10

/** Returns the name of the channel on which an app's processes wake each other. */
function channelOf(app: string): string {
  return `ledger_posted_${app}`
}

/**
 * Creates a function that tells the app's processes about new entries. The wake-up has no content. Readers ask the
 * table, and ask it every second even without one. Nothing awaits the wake-up, and it is never part of a posting: at
 * commit, NOTIFY takes a lock that all databases share.
 */
export function createWakeUp(app: string, pool: pg.Pool): () => void {
  return coalesce(() => pool.query('SELECT pg_notify($1, NULL)', [channelOf(app)]), pauseMs)
}

/** A connection that listens for wake-ups. */
export interface Listener {
  /** Opens the connection, unless it is open or being opened. */
  open(): void
  close(): void
}

/**
 * Creates a listener with its own connection outside the pool, so that it takes no connection from a posting. It opens
 * only on request.
 */
function createListener(app: string, connection: pg.ClientConfig, onWakeUp: () => void): Listener {
  let current: pg.Client | undefined

  const letGo = (client: pg.Client) => {
    if (current === client) current = undefined
    client.end().catch(() => {})
  }
  return {
    open() {
      if (current) return
      // The pool hides these properties from a spread.
      const { password, ssl } = connection
      const client = new LedgerConnection({
        ...connection,
        ...(password !== undefined && { password }),
        ...(ssl !== undefined && { ssl }),
      })
      current = client
      client.on('notification', onWakeUp)
      client.on('error', () => letGo(client))
      client.on('end', () => letGo(client))
      client
        .connect()
        .then(() => client.query(`LISTEN ${pg.escapeIdentifier(channelOf(app))}`))
        .then(onWakeUp, () => letGo(client))
    },
    close() {
      if (current) letGo(current)
    },
  }
}

/** Returns a function that makes listeners. They share one connection, which is open while one of them is. */
export function createListeners(
  app: string,
  connection: pg.ClientConfig,
): (onWakeUp: () => void) => Listener {
  const open = new Set<() => void>()
  const shared = createListener(app, connection, () => {
    for (const wake of open) wake()
  })
  return (onWakeUp) => ({
    open() {
      open.add(onWakeUp)
      shared.open()
    },
    close() {
      if (open.delete(onWakeUp) && open.size === 0) shared.close()
    },
  })
}
