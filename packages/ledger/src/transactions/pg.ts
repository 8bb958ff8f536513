import type pg from 'pg'
import type { RunSql, RunTransaction } from '../database/sql.ts'
import { TransactionAbortedError, TransactionEndedError } from '../database/transaction-errors.ts'

/**
 * A connection of node-postgres inside BEGIN, as the ledger's `tx`.
 *
 * @throws TransactionEndedError at each call where no transaction is open: before BEGIN, and after COMMIT or ROLLBACK.
 *
 * @example
 * ```ts
 * await client.query('BEGIN')
 * await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce }, { tx: fromPg(client) })
 * await client.query('COMMIT')
 * ```
 */
export function fromPg(client: pg.ClientBase): RunSql {
  return async (text, values) => {
    if (client.getTransactionStatus() === 'I') throw new TransactionEndedError()
    const { rows } = await client.query<object>(text, values)
    return rows
  }
}

/**
 * Runs work in transactions of a pool, for `ledger.once`: BEGIN, the work, COMMIT; ROLLBACK where it throws.
 *
 * @throws TransactionAbortedError where PostgreSQL answers COMMIT with ROLLBACK, since the work has caught an error of a
 * statement.
 */
export function transactionsOf(pool: pg.Pool): RunTransaction<pg.PoolClient> {
  return async (work) => {
    const client = await pool.connect()
    // node-postgres ends the process where a connection is lost, and nobody listens to it.
    if (client.listenerCount('error') === 0) client.on('error', () => {})
    try {
      await client.query('BEGIN')
      const result = await work(client)
      const { command } = await client.query('COMMIT')
      if (command === 'ROLLBACK') throw new TransactionAbortedError()
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {}) // a lost connection has rolled back
      throw error
    } finally {
      client.release(client.getTransactionStatus() !== 'I')
    }
  }
}
