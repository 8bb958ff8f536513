import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** Our own lock: one process at a time migrates the ledger and its apps. */
export const MIGRATING = 'hashtext($$shared-ledger migrate$$)'

/** Prisma's own lock, by the number in its engine. With it, `prisma migrate deploy` and we wait for each other. */
const PRISMA_ENGINE = '72707369'

const migrationLocks = [MIGRATING, PRISMA_ENGINE]

interface LockOptions {
  /** Called with a line when another process has the lock. */
  readonly log: (line: string) => void
  /** Ends the wait with an AbortError. */
  readonly signal?: AbortSignal
}

/** Takes a lock for the connection's session. It tries again and again, because a query that waits cannot be stopped. */
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

/**
 * Keeps all others from migrating. PostgreSQL finishes the statement that it was sent, even when the process is gone. It
 * releases the locks of that process only then.
 */
export async function takeMigrationLocks(connection: pg.Client, options: LockOptions): Promise<void> {
  for (const lock of migrationLocks) await takeLock(connection, lock, options)
}

/** Says whether the session still has both locks. A script that has DISCARD ALL or pg_advisory_unlock_all() releases them. */
export async function hasMigrationLocks(connection: pg.Client): Promise<boolean> {
  // PostgreSQL shows the 64 bits of a lock's number as two halves.
  const { rowCount } = await connection.query(
    `SELECT FROM pg_catalog.pg_locks
      WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 1
        AND (classid::bigint << 32 | objid::bigint) IN (${migrationLocks.join(', ')})`,
  )
  return rowCount === migrationLocks.length
}
