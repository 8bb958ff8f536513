import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { startAppProcess } from '../../test/app-process.ts'

/** Both apps on an empty database, as `npm start` runs them. */
export interface Servers {
  /** The address of the app that the documents have at `localhost:4001` or `localhost:4002`. */
  at(address: string): string
  stop(): Promise<void>
}

/** Starts both apps; or, under a condition, in which a document's example is set, the content app alone. */
export async function startServers(given?: string): Promise<Servers> {
  const database = await createTestDatabase()
  const names = given === undefined ? ['content', 'freelance'] : ['content']
  const apps = await Promise.all(names.map((app) => startAppProcess(app, database.url)))
  const addresses = new Map(apps.map(({ url }, index) => [`localhost:${4001 + index}`, url]))
  if (given === 'the database is away') await database.drop()
  else if (given !== undefined) await runSql(database.url, conditionSql(given))
  return {
    at(address) {
      const url = addresses.get(address)
      if (url === undefined) throw new Error(`No app of the documents is at ${address}`)
      return url
    },
    async stop() {
      await Promise.all(apps.map((app) => app.stop()))
      await database.drop()
    },
  }
}

/** What brings the content app's server into a condition. */
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
  'the server has a fault': clockThatFails('XX000'),
  'a newer server posted CONTENT_BOOST': `
    SELECT ledger.set_operations('content', ledger.shared_operations() || ARRAY['CONTENT_CREATION', 'CONTENT_ACCESS', 'CONTENT_BOOST']);
    SELECT ledger.post_entry('content', 'test_user', 'CONTENT_BOOST', 1, 1, 'boost', '{}', gen_random_uuid())`,
}

/** Runs SQL on a database and answers the rows of its last statement. */
export async function runSql(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return [await client.query(sql)].flat().at(-1)?.rows ?? []
  } finally {
    await client.end()
  }
}
