import pg from 'pg'
import { startApp } from '../../../test/start-app.ts'
import { app } from '../src/app.ts'

/** Starts the content app over real HTTP, on a database of this test file. */
export async function startContent() {
  const started = await startApp(app.open)

  /** Returns how many rows a table of the content app has. */
  const count = async (table: 'contents' | 'accesses') => {
    const { rows } = await started.sql.query(
      `SELECT count(*)::int AS count FROM content.${pg.escapeIdentifier(table)}`,
    )
    return rows[0].count
  }

  /** Sets the database's clock ahead by an interval, such as `30 days`. */
  const moveClock = (interval: string) =>
    started.sql.query(
      `CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
       RETURN clock_timestamp() + ${pg.escapeLiteral(interval)}::interval`,
    )

  return { ...started, count, moveClock }
}
