import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { withConnection } from '../connection.ts'
import { withDatabase } from '../database-url.ts'
import { createDatabase, dropDatabase } from '../databases.ts'
import { codeOf } from '../errors.ts'
import { deadlocksOf, statementsOf } from './counters.ts'
import {
  createClusterDatabase,
  createDistributedDatabase,
  dropClusterDatabase,
  urlsOn,
} from './given-cluster.ts'

/** A database of one test file. */
export interface TestDatabase {
  readonly url: string
  /** The url without the pooler of `npm run test:pooler`, for a test that needs its own session. */
  readonly directUrl: string
  readonly name: string
  /** The url on each node of a cluster, the coordinator's first. In one PostgreSQL it is `directUrl` alone. */
  readonly nodeUrls: readonly string[]
  /** Drops the database and closes its connections. */
  drop(): Promise<void>
  /**
   * Runs statements on each node of a cluster, for that node alone, and returns the rows of all. One PostgreSQL is one
   * node.
   */
  onEachNode<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Returns the statements that the database executes while `run` runs. */
  statementsOf(run: () => Promise<unknown>): Promise<string[]>
  /** Returns how many deadlocks there were. Waits until all connections have ended. */
  deadlocks(): Promise<number>
}

/** Creates a copy of the migrated template: the ledger and every app, without accounts and entries. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { url, template, root, isCluster } = inject('postgres')
  if (isCluster) {
    return create(
      (database) => createDistributedDatabase(url, { database, root }),
      (database) => dropClusterDatabase(url, database),
    )
  }
  return create(async (name) => {
    // The default strategy writes the whole template to the log, which takes two to four times as long.
    const statement = `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)} STRATEGY file_copy`
    await withConnection(url, (connection) => untilFree(() => connection.query(statement)))
  })
}

/** Creates an empty database. Nothing is migrated. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const { url, isCluster } = inject('postgres')
  if (isCluster) {
    return create(
      (name) => createClusterDatabase(url, name),
      (name) => dropClusterDatabase(url, name),
    )
  }
  return create((name) => createDatabase(url, name))
}

/** The setting with which a session's statements are not repeated on the other nodes of a cluster. */
export const onThisNode = 'SET citus.enable_ddl_propagation = off'

async function create(
  make: (name: string) => Promise<unknown>,
  drop = (name: string) => dropDatabase(inject('postgres').url, name),
): Promise<TestDatabase> {
  const { url, poolerUrl, isCluster } = inject('postgres')
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await make(name)
  const directUrl = withDatabase(url, name)
  if (poolerUrl) process.env.DIRECT_DATABASE_URL = directUrl
  const nodeUrls = isCluster ? await urlsOn(url, name) : [directUrl]
  return {
    url: poolerUrl ? withDatabase(poolerUrl, name) : directUrl,
    directUrl,
    name,
    nodeUrls,
    drop: () => drop(name),
    onEachNode: (text, values = []) => onEachNode(nodeUrls, text, values),
    statementsOf: (run) => statementsOf(name, run),
    deadlocks: () => deadlocksOf(name, nodeUrls),
  }
}

async function onEachNode<Row extends pg.QueryResultRow>(
  nodeUrls: readonly string[],
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const rows: Row[] = []
  for (const url of nodeUrls) {
    await withConnection(url, async (connection) => {
      await connection.query(onThisNode)
      const results = [await connection.query<Row>(text, [...values])].flat() // one for each statement
      rows.push(...results.flatMap((result) => result.rows))
    })
  }
  return rows
}

// PostgreSQL cannot copy a template while something else is connected to it, such as autovacuum.
async function untilFree(attempt: () => Promise<unknown>): Promise<void> {
  for (let left = 50; ; left -= 1) {
    try {
      await attempt()
      return
    } catch (error) {
      if (codeOf(error) !== '55006' || left === 0) throw error
      await sleep(100)
    }
  }
}
