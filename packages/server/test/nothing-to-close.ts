import { createLogger } from '@shared-ledger/server'
import { onShutdown } from '../src/shutdown.ts'

// Run by serve.test.ts in a process of its own: its last lines are written in one go.
onShutdown(createLogger('content'), { close: async () => {}, drainSeconds: 0 })
setInterval(() => {}, 60_000)
process.send?.({ type: 'ready' })
