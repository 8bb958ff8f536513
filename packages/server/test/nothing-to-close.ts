import { createLogger } from '@shared-ledger/server'
import { onShutdown } from '../src/shutdown.ts'

// Run by serve.test.ts in a process of its own: its last lines are written in one go.
onShutdown(createLogger('content'), async () => {})
setInterval(() => {}, 60_000)
process.send?.({ type: 'ready' })
