import type pg from 'pg'
import type { RunSql, RunTransaction } from '../database/sql.ts'
import { TransactionAbortedError, TransactionEndedError } from '../database/transaction-errors.ts'

/**
 * Converts a connection of node-postgres inside BEGIN to the ledger's `tx`.
 *
 * @throws TransactionEndedError at each call without an open transaction: before BEGIN, and after COMMIT or ROLLBACK
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
 * Returns a function for `ledger.once` that runs work in transactions of a pool: BEGIN, the work, COMMIT; or ROLLBACK
 * when the work throws.
 *
 * @throws TransactionAbortedError when PostgreSQL answers COMMIT with ROLLBACK, because the work caught an error of a
 *   statement
 */
export function transactionsOf(pool: pg.Pool): RunTransaction<pg.PoolClient> {
  return async (work) => {
    const client = await pool.connect()
    // Without a listener, node-postgres ends the process when a connection is lost.
    if (client.listenerCount('error') === 0) client.on('error', () => {})
    try {
      await client.query('BEGIN')
      const result = await work(client)
      const { command } = await client.query('COMMIT')
      if (command === 'ROLLBACK') throw new TransactionAbortedError()
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {}) // PostgreSQL rolls a lost connection back
      throw error
    } finally {
      client.release(client.getTransactionStatus() !== 'I')
    }
  }
}
