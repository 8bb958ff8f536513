import { findRoot, migrate, withConnection } from '@shared-ledger/postgres'
import { startTemporaryPostgres } from '@shared-ledger/postgres/testing'
import { startAppProcess } from '../test/app-process.ts'
import { sql } from './database.ts'

/**
 * Calls `use` with the address of the content app, on a database of its own.
 *
 * @param entries How many entries each owner has.
 */
export async function withContentApp(
  entries: Readonly<Record<string, number>>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const root = findRoot(import.meta.dirname)
  const postgres = await startTemporaryPostgres({ settings: { fsync: 'off' } })
  try {
    const url = postgres.url('bench')
    await migrate({ databaseUrl: url, root, apps: ['content'], log: () => {} })
    await withConnection(url, async (connection) => {
      for (const [owner, count] of Object.entries(entries)) {
        await connection.query(sql('entries'), [[owner], count, 'content'])
      }
      await connection.query(sql('accounts'))
      await connection.query('VACUUM (ANALYZE)')
    })
    const server = await startAppProcess('content', url)
    try {
      await use(server.url)
    } finally {
      await server.stop()
    }
  } finally {
    await postgres.remove()
  }
}
