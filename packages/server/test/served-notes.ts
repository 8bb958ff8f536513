import { once } from 'node:events'
import { createLogger, requireDatabaseUrl, serve } from '@shared-ledger/server'
import { openNotes } from '../../rest/test/notes-app.ts'

// Run by serve.test.ts in a process of its own.
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
    /** Asks the database when the parent says so: a request is in flight until then. */
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
