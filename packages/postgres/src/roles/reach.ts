import pg from 'pg'
import { isLedgerDistributed } from '../cluster/distributed.ts'
import { answersOf } from '../cluster/every-node.ts'
import { roleOf } from './app-role.ts'

/**
 * Returns what keeps an app's role from the shards. A node logs in to another one as the role whose session it has, and
 * the other one must let it in. Empty for one PostgreSQL.
 */
export async function unreachedBy(connection: pg.ClientBase, app: string): Promise<string[]> {
  if (!(await isLedgerDistributed(connection))) return []
  const look = `DO $$ BEGIN
    SET LOCAL ROLE ${pg.escapeIdentifier(roleOf(app))};
    PERFORM 1 FROM ledger.accounts LIMIT 1;
  END $$`
  const answers = await answersOf(connection, look)
  return answers
    .filter(({ success }) => !success)
    .map(({ node, text }) => `from the node ${node} it does not get to all others: ${text}`)
}
