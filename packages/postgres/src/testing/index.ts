export { copyProject, type ProjectCopy } from './copy-project.ts'
export type {} from './global-setup.ts' // declares what it provides to tests
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
export { startTemporaryPostgres, type TemporaryPostgres } from './temporary-postgres.ts'
export { createEmptyDatabase, createTestDatabase, type TestDatabase } from './test-database.ts'
