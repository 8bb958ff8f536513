import { CompiledQuery } from 'kysely'
import type { RunSql } from '../database/sql.ts'
import { TransactionEndedError } from '../database/transaction-errors.ts'

/** What the ledger needs of a transaction of Kysely, whatever its tables are. */
export interface KyselyTransaction {
  readonly isTransaction: true
  withoutPlugins(): { executeQuery<Row>(query: CompiledQuery<Row>): Promise<{ readonly rows: Row[] }> }
}

/**
 * A transaction of Kysely over node-postgres, as the ledger's `tx`. Kysely's plugins see nothing of the ledger's statements.
 *
 * @throws TypeError where it is no transaction. TransactionEndedError at each call after its end.
 *
 * @example
 * ```ts
 * await db.transaction().execute(async (trx) => {
 *   await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce }, { tx: fromKysely(trx) })
 * })
 * ```
 */
export function fromKysely(trx: KyselyTransaction): RunSql {
  if (!trx.isTransaction)
    throw new TypeError('This Kysely is no transaction: give the one of `transaction()`.')
  const plain = trx.withoutPlugins()
  return async (text, values) => {
    try {
      return (await plain.executeQuery<object>(CompiledQuery.raw(text, values))).rows
    } catch (error) {
      throw isEnded(error) ? new TransactionEndedError({ cause: error }) : error
    }
  }
}

/** What Kysely says of a transaction that was committed or rolled back; its error has no class and no code. */
function isEnded(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Transaction is already ')
}
