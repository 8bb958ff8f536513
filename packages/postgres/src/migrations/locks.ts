import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** Ours: one process at a time migrates the ledger and its apps. */
export const MIGRATING = 'hashtext($$shared-ledger migrate$$)'

/** Prisma's own, by the number in its engine: `prisma migrate deploy` waits for us, and we for it. */
const PRISMA_ENGINE = '72707369'

export interface LockOptions {
  /** Gets a line when the lock is another's. */
  readonly log: (line: string) => void
  /** Ends the wait with an AbortError. */
  readonly signal?: AbortSignal
}

/** Takes a lock of the connection's session; asks again and again, since a query that waits cannot be ended. */
export async function takeLock(
  connection: pg.Client,
  lock: string,
  { log, signal }: LockOptions,
): Promise<void> {
  for (let waiting = false; ; waiting = true) {
    const { rows } = await connection.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_lock(${lock}) AS taken`,
    )
    if (rows[0]?.taken) return
    if (!waiting) log('Waiting for another process, which migrates this database …')
    await sleep(100, undefined, { ...(signal && { signal }) })
  }
}

/** Keeps all others from migrating. PostgreSQL runs what it was sent to the end: the locks of a process that is gone stay until then. */
export async function takeMigrationLocks(connection: pg.Client, options: LockOptions): Promise<void> {
  for (const lock of [MIGRATING, PRISMA_ENGINE]) await takeLock(connection, lock, options)
}
