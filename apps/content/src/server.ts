import { createLogger, requireDatabaseUrl, serve } from '@shared-ledger/server'
import { createContentApp } from './app.ts'

await serve(createContentApp(requireDatabaseUrl('content'), createLogger('content')))
