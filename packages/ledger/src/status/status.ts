import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import { takesPostings } from '../database/ping.ts'
import { sqlVersion } from '../database/version.ts'
import type { Activity } from './activity.ts'
import { processOf, startedOn } from './process-name.ts'

/** How busy a ledger is. */
export interface LedgerLoad {
  /** The entries, transactions and holds that it has received and not answered. */
  readonly postings: number
  /** The connections of its pool: how many are open, how many of these are idle, and how many callers wait for one. */
  readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number }
}

/** How a ledger and its database are. */
export interface LedgerStatus extends Activity {
  readonly app: string
  /** The version of the packages. */
  readonly version: string
  /** The version of the ledger's SQL that this server came with. */
  readonly sqlVersion: number
  /** When this process started. */
  readonly startedOn: Date
  readonly database: {
    /** PostgreSQL's version, such as 17.2. */
    readonly version: string
    /** The version of the ledger's SQL that it has. */
    readonly sqlVersion: number
    /** Whether the ledger is distributed over a cluster. */
    readonly cluster: boolean
    /** Whether it takes no postings of this server. */
    readonly readOnly: boolean
  }
  /** The processes with connections to the database, of the same role. */
  readonly servers: readonly ServerProcess[]
  /** The entries, transactions and holds that this process has received and not answered. */
  readonly postingsWaiting: number
  /** The connections of its pool. */
  readonly pool: LedgerLoad['connections']
  /** The last time that the app was verified. Null for never. */
  readonly lastVerify: VerifyRun | null
}

/** A process that has connections to the database. */
export interface ServerProcess {
  /** Its host and its process id. */
  readonly name: string
  readonly startedOn: Date
  readonly connections: number
}

/** A verification of an app. */
export interface VerifyRun {
  readonly on: Date
  /** Whether it found nothing broken. */
  readonly ok: boolean
  /** How many questions it asked. */
  readonly questions: number
}

interface DatabaseRow {
  readonly version: string
  readonly sqlVersion: number
  readonly cluster: boolean
  readonly lastVerify: { readonly on: number; readonly ok: boolean; readonly questions: number } | null
  readonly names: readonly { readonly name: string; readonly connections: number }[] | null
}

const manifest = new URL('../../package.json', import.meta.url)
const { version: packageVersion } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(manifest, 'utf8')))

/** Creates the function that reads an app's status. @throws DatabaseUnavailableError from it */
export function createStatus({
  app,
  prisma,
  load,
  activity,
}: {
  readonly app: string
  readonly prisma: PrismaClient
  readonly load: () => LedgerLoad
  readonly activity: () => Activity
}): () => Promise<LedgerStatus> {
  return async () => {
    const [rows, ping] = await Promise.all([
      query(
        () => prisma.$queryRaw<DatabaseRow[]>`
          SELECT current_setting('server_version') AS version, (SELECT v.version FROM ledger.version() v) AS "sqlVersion",
                 ledger.is_distributed() AS cluster, (SELECT a.last_verify FROM ledger.apps a WHERE a.app = ${app}) AS "lastVerify",
                 (SELECT json_agg(json_build_object('name', p.name, 'connections', p.connections) ORDER BY p.name)
                    FROM (SELECT s.application_name AS name, count(*) AS connections FROM pg_stat_activity s
                           WHERE s.datname = current_database() AND s.usename = session_user AND s.application_name LIKE 'shared-ledger %'
                           GROUP BY s.application_name) p) AS names`,
      ),
      takesPostings(prisma, app),
    ])
    const [row] = rows
    if (!row) throw new Error('the database says nothing of itself')
    const { postings, connections } = load()
    return {
      app,
      version: packageVersion,
      sqlVersion,
      startedOn,
      database: {
        version: row.version.split(' ')[0] ?? row.version,
        sqlVersion: row.sqlVersion,
        cluster: row.cluster,
        readOnly: !ping.takesPostings,
      },
      servers: (row.names ?? []).flatMap(({ name, connections }) => {
        const known = processOf(name)
        return known ? [{ ...known, connections }] : []
      }),
      postingsWaiting: postings,
      pool: connections,
      ...activity(),
      lastVerify: row.lastVerify && { ...row.lastVerify, on: new Date(row.lastVerify.on) },
    }
  }
}
