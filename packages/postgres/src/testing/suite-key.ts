import { scopes } from '@shared-ledger/ledger/facts'
import { hashOf, keyText, readKey } from '@shared-ledger/ledger/keys'
import { withConnection } from '../connection.ts'

/** The key of all requests in `npm run test:keys`. It is valid for every app, with all scopes. */
export const suiteKey = keyText({ id: 'TestSuiteKey', secret: 'A'.repeat(43) })

/** Makes that key for each app of a database. A user who is not the database's owner makes none. */
export async function makeSuiteKey(databaseUrl: string): Promise<void> {
  const { id, secret } = readKey(suiteKey) ?? {}
  await withConnection(databaseUrl, (connection) =>
    connection.query(
      `INSERT INTO ledger.keys (app, id, name, scopes, hash)
       SELECT app, $1, 'test suite', $2, $3 FROM ledger.apps ON CONFLICT DO NOTHING`,
      [id, [...scopes], hashOf(secret ?? '')],
    ),
  ).catch((error) => {
    if (error.code !== '42501') throw error
  })
}
