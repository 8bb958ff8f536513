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
  /**
   * Where the server's folder is made. The system's temporary folder when left out. PostgreSQL's user must be able to
   * enter it.
   */
  readonly folder?: string
  /** PostgreSQL's settings. They override the ones that save disk writes. */
  readonly settings?: Readonly<Record<string, string>>
  /** Puts data into the new server's folder instead of a new, empty cluster. Returns whether it did. */
  readonly restore?: (placement: Placement) => boolean
}

/** A PostgreSQL server of one test. */
export interface TemporaryPostgres {
  url(database: string): string
  readonly placement: Placement
  /** Stops the server. Its data stays. */
  stop(): Promise<void>
  /** Starts the server again, on the same port. */
  start(): Promise<void>
  /** Stops the server and removes its folder. */
  remove(): Promise<void>
}

// The data does not outlive the test run, so nothing has to reach the disk.
const sparingSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  max_locks_per_transaction: '512', // the model's long run has thousands of apps, and verify reads the partitions of all
  max_wal_size: '4GB',
}

/** Starts a PostgreSQL server in a temporary folder. It may lose data in a power cut. */
export async function startTemporaryPostgres(
  options: TemporaryPostgresOptions = {},
): Promise<TemporaryPostgres> {
  const directory = mkdtempSync(path.join(options.folder ?? tmpdir(), 'shared-ledger-test-'))
  chmodSync(directory, 0o755) // PostgreSQL's user must be able to enter, even when we are root
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
