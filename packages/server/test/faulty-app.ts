import { EventEmitter } from 'node:events'
import { createLogger, serve } from '@shared-ledger/server'
import { openNotes } from '../../rest/test/notes-app.ts'

// survive-faults.test.ts runs this in its own process. It needs no database.
const faults: Record<string, () => void> = {
  'a rejection': () => void Promise.reject(new Error('nobody waits for this')),
  'a rejection with no error': () => void Promise.reject(undefined),
  'an exception': () => setImmediate(() => fail('thrown in a callback')),
  'an error event': () => setImmediate(() => new EventEmitter().emit('error', new Error('nobody listens'))),
  'out of memory': () => setImmediate(() => fail('Array buffer allocation failed')),
}

function fail(message: string): never {
  throw new RangeError(message)
}

const logger = createLogger('content')
const { ledger, pool, schema, routes } = openNotes('postgresql://nobody@127.0.0.1:1/none')
const balance = schema.getQueryType()?.getFields().balance
if (!balance) throw new TypeError('The graph has no balance.')
balance.resolve = (_source, { ownerId }) => {
  faults[ownerId]?.()
  return { ownerId, amount: 7, overdraft: 0, held: 0, available: 7 }
}

await serve({
  app: 'content',
  port: 0,
  schema,
  routes,
  logger,
  ledger: {
    ...ledger,
    async assertReady() {
      if (!process.env.FAULT_AT_START) return []
      void Promise.reject(new Error('at the start'))
      await new Promise((resolve) => setTimeout(resolve, 60_000))
      return []
    },
  },
  close: () => pool.end(),
})
