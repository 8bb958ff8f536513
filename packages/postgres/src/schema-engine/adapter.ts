import { PrismaPg } from '@prisma/adapter-pg'
import {
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { schemaOf, withDatabase } from '../database-url.ts'
import { createDatabase, dropDatabase, maintenanceUrl } from '../databases.ts'
import { markCharColumns, unmarkCharColumns } from './char-columns.ts'
import { createPool, createSchema } from './database.ts'

/** Connects the engine to the url's database, and to shadow databases beside it. */
export function createAdapterFactory(url: string): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(url),
    async connectToShadowDb() {
      const maintenance = await maintenanceUrl(url)
      const shadow = `prisma_migrate_shadow_db_${crypto.randomUUID()}`
      await createDatabase(maintenance, shadow)
      const adapter = await connect(withDatabase(url, shadow))
      return {
        ...adapter,
        // adapter-pg drops the database while its own connection is still on it, which PostgreSQL refuses.
        async dispose() {
          await adapter.dispose()
          await dropDatabase(maintenance, shadow)
        },
      }
    },
  }
}

async function connect(url: string): Promise<SqlDriverAdapter> {
  await createSchema(url)
  const schema = schemaOf(url)
  const pool = markCharColumns(createPool(url))
  const adapter = await new PrismaPg(pool, { schema, disposeExternalPool: true }).connect()
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: async (query) => unmarkCharColumns(await adapter.queryRaw(query)),
    executeRaw: (query) => adapter.executeRaw(query),
    startTransaction: (isolationLevel) => adapter.startTransaction(isolationLevel),
    getConnectionInfo: () => adapter.getConnectionInfo(),
    dispose: () => adapter.dispose(),
    executeScript: (script) => executeScript(pool, script),
  }
}

// adapter-pg cuts scripts at every ";", also inside a function's body. Sent whole, a script is one transaction too.
async function executeScript(pool: pg.Pool, script: string): Promise<void> {
  try {
    await pool.query(script)
  } catch (error) {
    throw error instanceof pg.DatabaseError ? new DriverAdapterError(postgresError(error, script)) : error
  }
}

// XX000 stands for every code: for the ones that it knows, the engine would replace PostgreSQL's words by fewer of its own.
function postgresError(
  error: pg.DatabaseError,
  script: string,
): ConstructorParameters<typeof DriverAdapterError>[0] {
  const [code, severity] = ['XX000', error.severity ?? 'ERROR']
  // Detail and hint stand in the words: the engine would add its own lines for them.
  const message = wordsOf(error, script)
  return {
    kind: 'postgres',
    code,
    severity,
    message,
    detail: undefined,
    column: error.column,
    hint: undefined,
    originalCode: code,
    originalMessage: message,
  }
}

function wordsOf({ message, code, position, detail, hint }: pg.DatabaseError, script: string): string {
  // PostgreSQL counts the characters up to the fault; a person looks for the line.
  const line = position && `line ${script.slice(0, Number(position) - 1).split('\n').length}`
  const where = [code && `SQLSTATE ${code}`, line].filter(Boolean).join(', ')
  const lines = [`${message} (${where})`, detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`]
  return lines.filter(Boolean).join('\n')
}
