import { serve } from '@shared-ledger/server'
import { createNotesApp } from '../../rest/test/notes-app.ts'

// Run by serve.test.ts in a process of its own.
const { schema, routes } = createNotesApp()

await serve({
  app: 'notes',
  port: 4009,
  schema,
  routes,
  ledger: {
    /** Answers when the parent says so. */
    ping: () =>
      new Promise((resolve) => {
        process.once('message', () => resolve())
        process.send?.({ type: 'pinged' })
      }),
    async assertReady() {
      if (process.env.NOT_READY) throw new Error('Run npm run migrate -- notes first.')
    },
    async close() {
      console.log('ledger closed')
    },
  },
  async close() {
    console.log('app closed')
  },
})
