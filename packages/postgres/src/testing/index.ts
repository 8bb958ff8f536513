export { copyProject, type ProjectCopy } from './copy-project.ts'
export type {} from './global-setup.ts' // declares what it provides to tests
export { type MigratedPostgres, startMigratedPostgres } from './migrated-postgres.ts'
export { type Pooler, type PoolerOptions, startPooler } from './pooler.ts'
export { makeSuiteKey, suiteKey } from './suite-key.ts'
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
export {
  startTemporaryPostgres,
  type TemporaryPostgres,
  type TemporaryPostgresOptions,
} from './temporary-postgres.ts'
export { createEmptyDatabase, createTestDatabase, type TestDatabase } from './test-database.ts'
