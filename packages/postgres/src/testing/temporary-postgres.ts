import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { urlOf } from '../embedded/attach.ts'
import { initialise } from '../embedded/initialise.ts'
import { dataOf, type Placement, place, stateDirectoryOf } from '../embedded/placement.ts'
import { freePort } from '../embedded/port.ts'
import { startServer, stopServer } from '../embedded/server.ts'
import { watch } from './watch.ts'

export interface TemporaryPostgresOptions {
  /** The database user that owns everything; "ledger" when left out. */
  readonly user?: string
  /** A free port is chosen when left out. */
  readonly port?: number
  /** Where its folder is made; with other temporary ones when left out. PostgreSQL's user must be able to enter it. */
  readonly folder?: string
  /** PostgreSQL's settings, over those that spare it the disk. */
  readonly settings?: Readonly<Record<string, string>>
  /** Puts data into the new server's folder, in place of a new, empty cluster. Answers whether it did. */
  readonly restore?: (placement: Placement) => boolean
}

/** A PostgreSQL server of a test's own. */
export interface TemporaryPostgres {
  url(database: string): string
  readonly placement: Placement
  /** Stops the server; its data stays. */
  stop(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
  /** Stops it for good and removes its folder. */
  remove(): Promise<void>
}

// Nothing here outlives the test run, so nothing need reach the disk.
const sparingSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  max_locks_per_transaction: '512', // the model's long run has thousands of apps, and verify reads the partitions of all
  max_wal_size: '4GB',
}

/** Starts a PostgreSQL server in a temporary folder, without regard for what a power cut would do to it. */
export async function startTemporaryPostgres(
  options: TemporaryPostgresOptions = {},
): Promise<TemporaryPostgres> {
  const directory = mkdtempSync(path.join(options.folder ?? tmpdir(), 'shared-ledger-test-'))
  chmodSync(directory, 0o755) // PostgreSQL's user enters, also where we are root
  const placement = await place(directory)
  const folders = [...new Set([directory, placement.home, stateDirectoryOf(directory)])]
  const release = watch(dataOf(placement.home), folders)
  const user = options.user ?? 'ledger'
  const settings = { ...sparingSettings, ...options.settings }
  if (!options.restore?.(placement)) await initialise(placement, { databaseUser: user, temporary: true })
  const port = await startServer(placement, { port: options.port ?? (await freePort(0)), settings })

  return {
    url: urlOf(placement, port, user),
    placement,
    stop: () => stopServer(placement),
    async start() {
      await startServer(placement, { port, portIsFixed: true, settings })
    },
    async remove() {
      await stopServer(placement)
      for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      release()
    },
  }
}
