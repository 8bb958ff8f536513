import pg from 'pg'
import { LedgerConnection } from '../database/connection.ts'
import { coalesce } from './coalesce.ts'

/** The shortest time between two wake-ups that a process sends: a burst of postings needs no more. */
const pauseMs = 10

/** Where an app's processes wake each other. */
function channelOf(app: string): string {
  return `ledger_posted_${app}`
}

/**
 * Tells the app's processes that there are new entries. It is a wake-up and nothing else: readers ask the table, and ask
 * it each second without one. Never awaited, and never part of a posting: at commit, NOTIFY holds a lock that all
 * databases share.
 */
export function createWakeUp(app: string, pool: pg.Pool): () => void {
  return coalesce(() => pool.query('SELECT pg_notify($1, NULL)', [channelOf(app)]), pauseMs)
}

/** A connection that listens for wake-ups. */
export interface Listener {
  /** Opens it, unless it is open or being opened. */
  open(): void
  close(): void
}

/** One connection outside the pool, so that it takes no posting's place; opened when asked to, never by itself. */
export function createListener(app: string, connection: pg.ClientConfig, onWakeUp: () => void): Listener {
  let current: pg.Client | undefined

  const letGo = (client: pg.Client) => {
    if (current === client) current = undefined
    client.end().catch(() => {})
  }
  return {
    open() {
      if (current) return
      // A pool keeps its secrets out of the sight of a spread.
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
