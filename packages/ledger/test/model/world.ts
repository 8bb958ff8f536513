import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect } from 'vitest'
import { createLedger, createPool } from '../../src/index.ts'
import { verifyLedger } from '../../src/verify/verify.ts'
import { operations } from './operations.ts'

/** Creates a database whose ledger's clock a test can set. Each connection follows the clock that its url names. */
export async function createWorlds() {
  const database = await createTestDatabase()
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  await sql.query(`
    CREATE SCHEMA model;
    CREATE TABLE model.clocks (name text PRIMARY KEY, now timestamptz(3) NOT NULL);
    GRANT USAGE ON SCHEMA model TO PUBLIC;
    GRANT SELECT ON model.clocks TO PUBLIC;
    CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN coalesce((SELECT now FROM model.clocks WHERE name = current_setting('model.clock', true)), clock_timestamp());
  `)
  const onEnd: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const end of onEnd.reverse()) await end()
    await sql.end()
    expect(await database.deadlocks()).toBe(0)
    await database.drop()
  })

  /** Opens connections that follow their own clock. */
  async function createWorld(clock: string) {
    const url = new URL(database.url)
    url.searchParams.set('options', `-c model.clock=${clock}`)
    const checker = new pg.Client({ connectionString: url.href })
    await checker.connect()
    onEnd.push(() => checker.end())

    const setClock = async (now: number) => {
      await sql.query(
        'INSERT INTO model.clocks VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET now = excluded.now',
        [clock, new Date(now)],
      )
    }

    /** Creates a process: a ledger with its own connections. */
    const createProcess = (max?: number) => {
      const pool = createPool(url.href)
      if (max) pool.options.max = max
      onEnd.push(() => pool.end())
      return pool
    }

    return {
      sql,
      setClock,
      createProcess,
      /** Returns the answers of verify with broken rows of an app. */
      brokenRows: async (app: string) => (await verifyLedger(checker, { apps: [app] })).broken,
    }
  }

  /** Declares an app that one history uses alone. */
  async function declareApp(app: string) {
    await sql.query('SELECT ledger.set_operations($1, $2)', [app, Object.keys(operations)])
  }

  return { sql, createWorld, declareApp }
}

export function openApp(app: string, pool: pg.Pool) {
  return createLedger({ app, operations, pool })
}
