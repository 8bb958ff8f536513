import { once } from 'node:events'
import { createLogger, requireDatabaseUrl, serve } from '@shared-ledger/server'
import { openNotes } from '../../rest/test/notes-app.ts'

// serve.test.ts runs this in its own process.
const logger = createLogger('content')
const { ledger, pool, schema, routes } = openNotes(requireDatabaseUrl('content'))

await serve({
  app: 'content',
  port: 4009,
  schema,
  routes,
  logger,
  ledger: {
    ...ledger,
    /** Asks the database when the parent says so. Until then the request is in flight. */
    async ping() {
      process.send?.({ type: 'pinged' })
      await once(process, 'message')
      return ledger.ping()
    },
    async close() {
      await ledger.close()
      logger.info('ledger closed')
    },
  },
  async close() {
    await pool.end()
    logger.info('app closed')
  },
})
