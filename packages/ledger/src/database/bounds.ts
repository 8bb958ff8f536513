import { readSettings } from '../settings.ts'
import { ledgerSettings } from './settings.ts'

/** How long things may take, in milliseconds. */
export interface Bounds {
  /** A request, whatever becomes of its database. What it waits for is bounded below that, and says what is so. */
  readonly request: number
  /** The whole of an app's own transaction. */
  readonly transaction: number
  /** The answer to a query. Its connection is given up then. */
  readonly query: number
  /** A statement in PostgreSQL. */
  readonly statement: number
  /** How long a transaction waits for its next statement: a client that is gone keeps no account locked for longer. */
  readonly idleTransaction: number
  /** The wait for a lock. */
  readonly lock: number
  /** The wait for a connection. */
  readonly connection: number
}

const maxConnectionMs = 5_000

/**
 * The bounds of a process, from the one of a request. Migrations and verify have none of them: they take as long as they
 * must.
 * @throws Error on a REQUEST_TIMEOUT_MS that is none.
 */
export function readBounds(given = process.env.REQUEST_TIMEOUT_MS): Bounds {
  const { REQUEST_TIMEOUT_MS } = ledgerSettings
  const { REQUEST_TIMEOUT_MS: request } = readSettings({ REQUEST_TIMEOUT_MS }, { REQUEST_TIMEOUT_MS: given })
  const share = (percent: number) => Math.floor((request * percent) / 100)
  return {
    request,
    transaction: share(93),
    query: share(87),
    statement: share(80),
    idleTransaction: share(80),
    lock: share(67),
    connection: Math.min(request, maxConnectionMs),
  }
}
