export type { AppOptions } from './app.ts'
export { requireDatabaseUrl } from './database-url.ts'
export { createLogger, postingLogger } from './logger.ts'
export { type RunningServer, type ServeOptions, serve, startServer } from './serve.ts'
