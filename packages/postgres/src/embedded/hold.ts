import pg from 'pg'
import { codeOf, messageOf, withConnection } from '../connection.ts'

// Attached processes share this advisory lock in the database "postgres". A process that is killed lets go of it too.
const ATTACHED = 'hashtext($$shared-ledger attached$$)'
const HOLD = `SELECT pg_advisory_lock_shared(${ATTACHED})`
const AM_I_THE_LAST = `SELECT pg_try_advisory_lock(${ATTACHED}) AS alone`

/** Opens the connection that keeps the server running for this process. */
export async function takeHold(url: string): Promise<pg.Client> {
  const hold = new pg.Client({
    connectionString: url,
    application_name: 'shared-ledger attached',
    keepAlive: true,
  })
  hold.on('error', () => {}) // the server was stopped from outside: letGo looks again
  try {
    await hold.connect()
    await hold.query(HOLD)
    return hold
  } catch (error) {
    await hold.end().catch(() => {})
    throw error
  }
}

/** Whether no other process is attached to the server of this connection. */
export async function isAlone(connection: pg.Client): Promise<boolean> {
  const { rows } = await connection.query<{ alone: boolean }>(AM_I_THE_LAST)
  return rows[0]?.alone ?? false
}

/** The same, asked on a new connection, where ours ended with a server that was restarted, or that is gone. */
export async function isAloneAnew(url: string): Promise<boolean> {
  try {
    return await withConnection(url, isAlone)
  } catch {
    return false
  }
}

/** Whether the error is that of a server that stops or is gone. */
export function isGone(error: unknown): boolean {
  const code = codeOf(error)
  if (code === undefined) return messageOf(error).includes('Connection terminated')
  return ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P02', '57P03'].includes(code)
}
