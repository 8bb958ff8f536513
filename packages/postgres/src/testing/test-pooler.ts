import { readBounds, sessionBounds, sessionSettings, setClause } from '@shared-ledger/ledger/session'
import { withConnection } from '../connection.ts'
import { type Pooler, startPooler } from './pooler.ts'

/** The settings that docs/troubleshooting.md tells PgBouncer to ignore. The role has them instead. */
const ignored = ['options', ...Object.keys(sessionBounds(readBounds()))].join(', ')

/** Starts the pooler of a test run. Until the pooler stops, the server's role has the session settings. */
export async function startTestPooler(server: string): Promise<Pooler> {
  const settings = Object.entries({ ...sessionSettings, ...sessionBounds(readBounds()) })
  const statements = settings.map(
    ([name, value]) => `ALTER ROLE CURRENT_USER ${setClause(name, String(value))}`,
  )
  await withConnection(server, (connection) => connection.query(statements.join('; ')))
  const pooler = await startPooler({ server, settings: { ignore_startup_parameters: ignored } })
  return {
    url: pooler.url,
    async stop() {
      await pooler.stop()
      await withConnection(server, (connection) => connection.query('ALTER ROLE CURRENT_USER RESET ALL'))
    },
  }
}
