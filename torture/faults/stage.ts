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

/** A fault at work. */
export interface Fault {
  /** Ends it: from then on service is to come back. */
  end(): Promise<void>
}

/** Begins a fault. What it draws is the same for the same seed. */
export type Begin = (stage: Stage, random: Random) => Promise<Fault>
