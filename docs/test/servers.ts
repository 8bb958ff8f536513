import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { problem } from '@shared-ledger/rest'
import { type Identify, startServer } from '@shared-ledger/server'
import pg from 'pg'
import { pino } from 'pino'
import { app as contentApp } from '../../apps/content/src/app.ts'
import { app as freelanceApp } from '../../apps/freelance/src/app.ts'
import { startAppProcess } from '../../test/app-process.ts'
import { postingSql } from './posting-sql.ts'

/** The apps on an empty database. */
export interface Servers {
  readonly databaseUrl: string
  /** Returns the address of the app that the documents call `localhost:4001` or `localhost:4002`. */
  at(address: string): string
  stop(): Promise<void>
}

/** The apps of the documents, each with its address. */
export const addresses = { content: 'localhost:4001', freelance: 'localhost:4002' } as const
export type AppName = keyof typeof addresses

interface Setting {
  /** The apps to start. Both by default. */
  readonly apps?: readonly AppName[]
  /** The condition of an example. */
  readonly given?: string
  /** The folder of a changed copy of the project. */
  readonly project?: string
}

/** Starts apps, in a condition if one is given. */
export async function startServers({
  apps = ['content', 'freelance'],
  given,
  project,
}: Setting = {}): Promise<Servers> {
  const database = await createTestDatabase()
  // An app with other operations starts only when the database has them.
  if (project && given !== undefined) await runSql(database.url, conditionSql(given))
  const started = await Promise.all(
    apps.map(async (app) => ({
      app,
      server: project
        ? await startAppProcess(app, database.url, { project })
        : await startHere(app, database.url, given === 'the app asks for a key' ? askForKey : undefined),
    })),
  )
  const urls = new Map<string, string>(started.map(({ app, server }) => [addresses[app], server.url]))
  if (given === 'the database is away') await database.drop()
  else if (!project && given !== undefined) await runSql(database.url, conditionSql(given))
  return {
    databaseUrl: database.url,
    at(address) {
      const url = urls.get(address)
      if (url === undefined) throw new Error(`No app of the documents is at ${address}`)
      return url
    },
    async stop() {
      await Promise.all(started.map(({ server }) => server.stop()))
      await database.drop()
    },
  }
}

const apps = { content: contentApp, freelance: freelanceApp }

/** Starts an app in this process, which is faster than a separate process. */
async function startHere(app: AppName, databaseUrl: string, identify: Identify | undefined) {
  const logger = pino({ level: 'silent' })
  const options = { ...apps[app].open(databaseUrl, logger), port: 0, ...(identify && { identify }) }
  const { url, close } = await startServer(options)
  return { url, stop: close }
}

const askForKey: Identify = ({ header }) =>
  problem(header('authorization') === null ? 'UNAUTHENTICATED' : 'FORBIDDEN')

/** Returns the SQL that brings the apps into a condition. */
function conditionSql(given: string): string {
  const sql = conditions[given]
  if (sql === undefined) throw new Error(`No test knows how to bring about: ${given}`)
  return sql
}

const clockThatFails = (code: string) =>
  `CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE plpgsql
   AS $$ BEGIN RAISE EXCEPTION 'no time' USING ERRCODE = '${code}'; END $$`

const conditions: Readonly<Record<string, string>> = {
  'PostgreSQL gives the transaction up': clockThatFails('40001'),
  'the account is locked elsewhere': clockThatFails('55P03'),
  'the server has a fault': clockThatFails('XX000'),
  'a newer server posted CONTENT_BOOST': `
    SELECT ledger.set_operations('content', ledger.shared_operations() || ARRAY['CONTENT_CREATION', 'CONTENT_ACCESS', 'CONTENT_BOOST']);
    ${postingSql({ app: 'content', ownerId: 'test_user', operation: 'CONTENT_BOOST', amount: 1, nonce: 'boost' })}`,
  'the database has dropped CONTENT_ACCESS':
    "SELECT ledger.set_operations('content', ledger.shared_operations() || ARRAY['CONTENT_CREATION'])",
  'hold 1 has expired': `
    ${postingSql({ app: 'freelance', ownerId: 'acme', operation: 'CREDIT_ADD', amount: 10, nonce: 'credits' })};
    SELECT ledger.post_freelance('acme', ARRAY['acme'], ARRAY[1], json_build_object(
      'id', ARRAY[gen_random_uuid()], 'nonce', ARRAY['hold'], 'request', ARRAY[1], 'account', ARRAY[1],
      'operation', ARRAY['PROJECT_SPENDING'], 'amount', ARRAY[-10], 'requested', ARRAY[-10], 'hold_ms', ARRAY[3600000]));
    CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN clock_timestamp() + interval '1 hour'`,
  'DAILY_REWARD is limited to one a day': '', // the app has other operations, so no SQL is needed
  'the app freezes accounts':
    "SELECT ledger.set_operations('freelance', (SELECT operations || ARRAY['ACCOUNT_OPENED', 'SPENDING_FROZEN', 'ACCOUNT_FROZEN', 'ACCOUNT_CLOSED'] FROM ledger.apps WHERE app = 'freelance'))",
  'the app has lots':
    "SELECT ledger.set_operations('freelance', (SELECT operations || ARRAY['CREDIT_EXPIRED', 'CREDIT_VOIDED', 'PROJECT_BONUS'] FROM ledger.apps WHERE app = 'freelance'))",
  'the app asks for a key': '', // the server does this
  'someone changed entry 1': `
    ${postingSql({ app: 'freelance', ownerId: 'acme', operation: 'CREDIT_ADD', amount: 10, nonce: 'first' })};
    ${postingSql({ app: 'freelance', ownerId: 'acme', operation: 'CREDIT_SPEND', amount: -4, nonce: 'second' })};
    ALTER TABLE ledger.entries_freelance DISABLE TRIGGER USER;
    UPDATE ledger.entries SET amount = 11 WHERE id = 1`,
}

/** Runs SQL on a database and returns the rows of its last statement. */
export async function runSql(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return [await client.query(sql)].flat().at(-1)?.rows ?? []
  } finally {
    await client.end()
  }
}
