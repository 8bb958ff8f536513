import { once } from 'node:events'
import { requireDatabaseUrl, serve } from '@shared-ledger/server'
import { openNotes } from '../../rest/test/notes-app.ts'

// Run by serve.test.ts in a process of its own.
const { ledger, pool, schema, routes } = openNotes(requireDatabaseUrl('content'))

await serve({
  app: 'content',
  port: 4009,
  schema,
  routes,
  ledger: {
    ...ledger,
    /** Asks the database when the parent says so: a request is in flight until then. */
    async ping() {
      process.send?.({ type: 'pinged' })
      await once(process, 'message')
      await ledger.ping()
    },
    async close() {
      await ledger.close()
      console.log('ledger closed')
    },
  },
  async close() {
    await pool.end()
    console.log('app closed')
  },
})
