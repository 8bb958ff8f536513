import { createLogger, requireDatabaseUrl, serve } from '@shared-ledger/server'
import { createFreelanceApp } from './app.ts'

await serve(createFreelanceApp(requireDatabaseUrl('freelance'), createLogger('freelance')))
