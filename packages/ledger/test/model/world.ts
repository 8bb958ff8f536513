import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect } from 'vitest'
import { createPool } from '../../src/index.ts'
import { verifyLedger } from '../../src/verify/verify.ts'
import { bookOf, booksOfApp, type Operation, operations } from './operations.ts'

/** Creates a database whose ledger's clock a test can set. */
export async function createWorld() {
  const database = await createTestDatabase()
  const onEnd: (() => Promise<unknown>)[] = []
  const connect = async (url: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onEnd.push(() => client.end())
    return client
  }
  const sql = await connect(database.url)
  const nodes = await Promise.all(database.nodeUrls.map(connect))
  await database.onEachNode(`
    CREATE SCHEMA model;
    CREATE TABLE model.clock (now timestamptz);
    INSERT INTO model.clock VALUES (NULL);
    GRANT USAGE ON SCHEMA model TO PUBLIC;
    GRANT SELECT ON model.clock TO PUBLIC;
    CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN coalesce((SELECT now FROM model.clock), clock_timestamp());
  `)
  afterAll(async () => {
    for (const end of onEnd.reverse()) await end()
    expect(await database.deadlocks()).toBe(0)
    await database.drop()
  })

  const setClock = async (now: number) => {
    const moment = momentOf(now)
    await Promise.all(
      nodes.map((node) => node.query('UPDATE model.clock SET now = $1::timestamptz', [moment])),
    )
  }

  /** Creates a process: a ledger with its own connections. */
  const createProcess = (max?: number) => {
    const pool = createPool(database.url)
    if (max) pool.options.max = max
    onEnd.push(() => pool.end())
    return pool
  }

  return {
    database,
    sql,
    setClock,
    createProcess,
    /** Declares an app that one history uses alone. */
    async declareApp(app: string) {
      const names = Object.keys(operations) as Operation[]
      const { gems } = booksOfApp(app)
      const inGems = names.filter((name) => bookOf(name) === 'gems')
      const books = Object.fromEntries(inGems.map((name) => [name, gems]))
      await sql.query('SELECT ledger.set_operations($1, $2)', [
        app,
        names.filter((name) => !inGems.includes(name)),
      ])
      await sql.query('SELECT ledger.make_book($1, $2)', [app, gems])
      await sql.query('SELECT ledger.set_operations($1, $2, books => $3)', [app, names, books])
    },
    /** Returns the answers of verify with broken rows of an app. */
    brokenRows: async (app: string) => (await verifyLedger(sql, { apps: [app] })).broken,
  }
}

/** Writes milliseconds since 1970 to the microsecond. */
function momentOf(now: number): string {
  const whole = Math.floor(now)
  const microseconds = Math.round((now - whole) * 1000)
  return new Date(whole).toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`)
}
