import { DrizzleQueryError, is, sql } from 'drizzle-orm'
import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import { PgTransaction } from 'drizzle-orm/pg-core'
import type { TablesRelationalConfig } from 'drizzle-orm/relations'
import type { RunSql } from '../database/sql.ts'

/**
 * Converts a transaction of Drizzle on node-postgres to the ledger's `tx`.
 *
 * @throws TypeError when it is not a transaction. Each call after its end throws TransactionEndedError.
 *
 * @example
 * ```ts
 * await db.transaction(async (tx) => {
 *   await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce }, { tx: fromDrizzle(tx) })
 * })
 * ```
 */
export function fromDrizzle<
  FullSchema extends Record<string, unknown>,
  Schema extends TablesRelationalConfig,
>(tx: PgTransaction<NodePgQueryResultHKT, FullSchema, Schema>): RunSql {
  if (!is(tx, PgTransaction))
    throw new TypeError('This is no transaction of Drizzle: give the one of `transaction()`.')
  return async (text, values) => {
    try {
      // Drizzle runs statements even after the end, on a connection that another caller may have by then. PostgreSQL
      // accepts this statement only inside a transaction.
      await tx.execute(sql`LOCK TABLE ledger.apps IN ACCESS SHARE MODE`)
      return (await tx.execute(statement(text, values))).rows
    } catch (error) {
      throw error instanceof DrizzleQueryError && error.cause ? error.cause : error
    }
  }
}

/** Makes a statement for Drizzle. */
function statement(text: string, values: readonly unknown[]) {
  const [first = '', ...rest] = text.split(/\$\d+/)
  return sql.join([
    sql.raw(first),
    ...rest.flatMap((part, index) => [sql.param(values[index]), sql.raw(part)]),
  ])
}
