import {
  accountOperations,
  createLedger,
  createPool,
  defineOperations,
  lotOperations,
  type Operations,
  type Scope,
  sharedOperations,
  transferOperations,
} from '@shared-ledger/ledger'
import { openRegister } from '@shared-ledger/ledger/keys'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { startServer } from '@shared-ledger/server'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, vi } from 'vitest'
import { buildSchema } from '../../../plugin-ledger/test/build-schema.ts'

/** Operations with all that the command line has a command for. */
const all = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  ...accountOperations,
  ...lotOperations,
  BONUS: { amount: { min: 1, max: 100 }, lot: { expires: { days: 30 }, kind: 'promotional' } },
})

const declared = { all, shared: defineOperations(sharedOperations) } satisfies Record<string, Operations>

/** Serves an app of this test file on a database of its own. With keys, a request needs one. */
export async function openShop({
  operations = 'all',
  keys = false,
}: {
  readonly operations?: keyof typeof declared
  readonly keys?: boolean
} = {}) {
  const app = 'shop'
  const ops: Operations = declared[operations]
  const database = await createTestDatabase()
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  await sql.query('SELECT ledger.set_operations($1, $2)', [app, Object.keys(ops)])
  const pool = createPool(database.url)
  const ledger = createLedger({ app, operations: ops, pool })
  if (keys) vi.stubEnv('LEDGER_AUTH', 'keys')
  const server = await startServer({
    app,
    ledger: { ...ledger, close: async () => {} }, // closed below, after the server
    schema: buildSchema(ledger),
    logger: pino({ level: 'silent' }),
    port: 0,
  }).finally(() => vi.unstubAllEnvs())
  afterAll(async () => {
    await server.close()
    await ledger.close()
    await pool.end()
    await sql.end()
    await database.drop()
  })
  return {
    url: server.url,
    databaseUrl: database.url,
    ledger,
    sql,
    close: () => server.close(),
    /** Posts an entry beside the command line. */
    async give(ownerId: string, amount: number, metadata: Readonly<Record<string, string>> = {}) {
      const nonce = crypto.randomUUID()
      const result = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce, metadata })
      if (!result.ok) throw result.error
      return result.entry
    },
    /** Makes a key, as `shared-ledger keys create` does. */
    async makeKey(given: { readonly scopes?: readonly Scope[]; readonly ownerId?: string }) {
      const register = await openRegister(pool, app)
      const wanted = { name: 'test', scopes: [], ownerId: null, expiresInS: null, ...given }
      const { text, key } = await register.create(wanted)
      return { text, revoke: () => register.revoke(key.id) }
    },
  }
}
