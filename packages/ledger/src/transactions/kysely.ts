import { CompiledQuery } from 'kysely'
import type { RunSql } from '../database/sql.ts'
import { TransactionEndedError } from '../database/transaction-errors.ts'

/** The part of a Kysely transaction that the ledger uses, whatever its tables are. */
interface KyselyTransaction {
  readonly isTransaction: true
  withoutPlugins(): { executeQuery<Row>(query: CompiledQuery<Row>): Promise<{ readonly rows: Row[] }> }
}

/**
 * Converts a transaction of Kysely on node-postgres to the ledger's `tx`. Kysely's plugins do not see the ledger's
 * statements.
 *
 * @throws TypeError when it is not a transaction. Each call after its end throws TransactionEndedError.
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

/** Kysely's message for a transaction that was committed or rolled back. Its error has no class and no code. */
function isEnded(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Transaction is already ')
}
