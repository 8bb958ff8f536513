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

  return { ...started, count }
}
