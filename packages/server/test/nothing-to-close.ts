import { createLogger } from '@shared-ledger/server'
import { onShutdown } from '../src/shutdown.ts'

// serve.test.ts runs this in its own process. Its last lines are written at once.
onShutdown(createLogger('content'), { close: async () => {}, drainSeconds: 0 })
setInterval(() => {}, 60_000)
process.send?.({ type: 'ready' })
