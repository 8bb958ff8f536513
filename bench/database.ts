import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPool } from '@shared-ledger/ledger'
import { findRoot, migrate } from '@shared-ledger/postgres'
import { startTemporaryPostgres } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { busyOwner, historyOwner, hotOwner, spreadOwners } from './owners.ts'
import { app, unchainedApp } from './posting.ts'
import type { Sizes } from './sizes.ts'

/** The database of this run, filled and warm. */
export interface BenchDatabase {
  readonly url: string
  readonly pool: pg.Pool
  /** A pool with a connection for each of the usual callers. It shows what a smaller pool costs. */
  readonly widePool: pg.Pool
  readonly version: string
  /** Returns how many blocks have come from outside PostgreSQL's buffers so far. */
  blocksRead(): Promise<number>
  remove(): Promise<void>
}

/**
 * PostgreSQL's defaults where they matter: a commit waits for the disk. But all data fits into its buffers, and no
 * checkpoint begins during a round, because the variants after it would write more than those before.
 */
export const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '2GB',
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
}

/** Starts a server, migrates a database, and fills it. */
export async function createBenchDatabase(sizes: Sizes, log: (line: string) => void): Promise<BenchDatabase> {
  log('Starting PostgreSQL …')
  const server = await startTemporaryPostgres({ settings })
  try {
    const url = server.url('bench')
    await migrate({ databaseUrl: url, root: findRoot(import.meta.dirname), apps: [], log: () => {} })
    const pool = patientPool(url)
    const widePool = patientPool(url)
    widePool.options.max = sizes.usualCallers
    await fill(url, sizes, log)
    const { rows } = await pool.query('SHOW server_version')
    return {
      url,
      pool,
      widePool,
      version: rows[0].server_version,
      async blocksRead() {
        const { rows } = await pool.query(sql('blocks-read'))
        return rows[0].blocks
      },
      async remove() {
        await Promise.all([pool.end(), widePool.end()])
        await server.remove()
      },
    }
  } catch (error) {
    await server.remove()
    throw error
  }
}

/** A pool like an app's, but without its time limits, because the throughput of many callers is measured. */
function patientPool(url: string): pg.Pool {
  const pool = createPool(url)
  pool.options.connectionTimeoutMillis = 120_000
  return pool
}

/** Fills the database over a connection without an app's time limits. A million entries take long. */
async function fill(url: string, sizes: Sizes, log: (line: string) => void): Promise<void> {
  log('Building histories …')
  const connection = new pg.Client({ connectionString: url })
  await connection.connect()
  try {
    await connection.query(sql('tables'))
    for (const name of [app, unchainedApp]) {
      await connection.query(sql('entries'), [
        [...spreadOwners(sizes), hotOwner, busyOwner],
        sizes.entriesPerOwner,
        name,
      ])
    }
    for (const entries of sizes.histories)
      await connection.query(sql('entries'), [[historyOwner(entries)], entries, app])
    await connection.query(sql('accounts'))
    await connection.query(sql('copies'))
    await connection.query('VACUUM (ANALYZE)')
    await connection.query('CHECKPOINT')
    await connection.query(sql('prewarm'))
  } finally {
    await connection.end()
  }
}

/** Returns a file of bench/sql. */
export function sql(name: string): string {
  return readFileSync(join(import.meta.dirname, 'sql', `${name}.sql`), 'utf8')
}
