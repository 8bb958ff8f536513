import { readSettings } from '../settings.ts'
import { ledgerSettings } from './settings.ts'

/** Time limits, in milliseconds. */
export interface Bounds {
  /**
   * For a request, whatever becomes of its database. Everything that it waits for has a lower limit, and an error that
   * says what went wrong.
   */
  readonly request: number
  /** For the whole of an app's own transaction. */
  readonly transaction: number
  /** For the answer to a query. After that its connection is closed. */
  readonly query: number
  /** For a statement in PostgreSQL. */
  readonly statement: number
  /** How long a transaction waits for its next statement. A client that is gone keeps no account locked for longer. */
  readonly idleTransaction: number
  /** For waiting for a lock. */
  readonly lock: number
  /** For waiting for a connection. */
  readonly connection: number
}

const maxConnectionMs = 5_000

/**
 * Returns the time limits of a process, computed from a request's limit. Migrations and verify have none, because they
 * may take long.
 *
 * @throws Error when REQUEST_TIMEOUT_MS is invalid
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
