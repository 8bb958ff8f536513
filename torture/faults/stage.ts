import type { Random } from '../random.ts'
import type { AppServer } from '../servers/app-server.ts'
import type { Disk } from '../servers/disk.ts'
import type { Postgres } from '../servers/postgres.ts'
import type { NetworkProxy } from '../servers/proxy.ts'

/** What can fail. */
export interface Stage {
  readonly postgres: Postgres
  readonly disk: Disk
  /** Between the servers and PostgreSQL. */
  readonly databaseProxy: NetworkProxy
  readonly servers: readonly AppServer[]
}

/** An active fault. */
export interface Fault {
  /** Ends it. From then on, service must come back. */
  end(): Promise<void>
}

/** Begins a fault. It draws the same for the same seed. */
export type Begin = (stage: Stage, random: Random) => Promise<Fault>
