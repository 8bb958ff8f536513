import { setTimeout as sleep } from 'node:timers/promises'
import { commandBounds, connectionTo } from '@shared-ledger/ledger/session'
import pg from 'pg'
import { withConnection } from '../connection.ts'
import { codeOf, messageOf } from '../errors.ts'

// Attached processes share this advisory lock in the database "postgres". PostgreSQL releases it when a process is
// killed.
const ATTACHED = 'hashtext($$shared-ledger attached$$)'
const TAKE_LEASE = `SELECT pg_advisory_lock_shared(${ATTACHED})`
const AM_I_THE_LAST = `SELECT pg_try_advisory_lock(${ATTACHED}) AS alone`

// When one of PostgreSQL's processes dies, PostgreSQL ends every connection. The attached processes then take their
// leases again. They get this long before anybody decides that they are gone.
const RETURN_MS = 500
const RESTART_MS = 10_000

/** Opens the connection that keeps the server running for this process. `onLost` is called when the connection ends. */
export async function takeLease(url: string, onLost: () => void): Promise<pg.Client> {
  const lease = new pg.Client({
    ...connectionTo(url, commandBounds),
    application_name: 'shared-ledger attached',
    keepAlive: true,
    connectionTimeoutMillis: 15_000,
  })
  let taken = false
  lease.on('error', () => {}) // "end" follows
  lease.on('end', () => {
    if (taken) onLost()
  })
  try {
    await lease.connect()
    await lease.query(TAKE_LEASE)
    taken = true
    return lease
  } catch (error) {
    await lease.end().catch(() => {})
    throw error
  }
}

/** Whether no other process is attached to this connection's server. */
export async function isAlone(connection: pg.Client): Promise<boolean> {
  const { rows } = await connection.query<{ alone: boolean }>(AM_I_THE_LAST)
  return rows[0]?.alone ?? false
}

/**
 * Whether no process is attached to the server. It opens a new connection, and first gives others time to take a lost
 * lease again and a server time to restart.
 *
 * @throws Error when the server does not answer
 */
export async function isUnleased(url: string): Promise<boolean> {
  await sleep(RETURN_MS)
  const deadline = Date.now() + RESTART_MS
  for (;;) {
    try {
      return await withConnection(url, isAlone)
    } catch (error) {
      if (!isRestarting(error) || Date.now() > deadline) throw error
      await sleep(RETURN_MS)
    }
  }
}

/** Whether the error means that the server stops, restarts or is gone. */
export function isGone(error: unknown): boolean {
  return isRestarting(error) || codeOf(error) === 'ECONNREFUSED'
}

/** Whether the error means that the server ends its connections, or does not accept any yet. */
export function isRestarting(error: unknown): boolean {
  const code = codeOf(error)
  if (code === undefined) return messageOf(error).includes('Connection terminated')
  return ['ECONNRESET', '57P01', '57P02', '57P03'].includes(code)
}
