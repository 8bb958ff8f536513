import { z } from 'zod'
import {
  AccountBusyError,
  DatabaseUnavailableError,
  LedgerError,
  ServerOutdatedError,
  TransactionConflictError,
} from './errors.ts'

/** How Prisma's PostgreSQL adapter reports what went wrong; `originalCode` is the SQLSTATE. */
const driverErrorSchema = z.object({
  meta: z.object({
    driverAdapterError: z.object({
      cause: z.object({
        kind: z.string(),
        originalCode: z.string().optional(),
        originalMessage: z.string().optional(),
      }),
    }),
  }),
})
const codedErrorSchema = z.object({ code: z.string() })

/** SQLSTATEs: serialization failure, deadlock, a statement that took too long. */
const conflict = /^(40001|40P01|57014)$/

/** SQLSTATE: a lock that could not be had in time. */
const busy = '55P03'

/** The CHECK of ledger.set_operations on an app's partition, and ledger.assert_declared. */
const undeclaredOperation = /check constraint "entries_\w+_operations"|does not declare the operation/

/**
 * SQLSTATE classes and codes (connection exception, insufficient resources, shutdown, wrong or missing login or
 * database, read-only standby), Prisma's codes and kinds, and the network's errors: the database is away or goes away.
 */
const unavailable = new RegExp(
  [
    '08...|53...|57P0[1-5]|28...|3D000|25006',
    'P100[0-3]|P1008|P1010|P1011|P1017|P2024|P2028|P2037',
    'DatabaseNotReachable|DatabaseDoesNotExist|DatabaseAccessDenied|ConnectionClosed|TooManyConnections|SocketTimeout|TlsConnectionError|AuthenticationFailed',
    'ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN',
  ]
    .map((codes) => `^(?:${codes})$`)
    .join('|'),
)

/** What node-postgres says, without a code, of a connection that is lost or cannot be had. */
const lostConnection =
  /Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/

/** The LedgerError that a database's error amounts to: a conflict, or a database that is away. Undefined: neither. */
export function ledgerErrorOf(error: unknown): LedgerError | undefined {
  if (error instanceof LedgerError) return error
  const { codes, message } = describe(error)
  if (codes.some((code) => conflict.test(code))) {
    return new TransactionConflictError(
      'The database gave this up: another transaction was in its way. Try it again, with the same nonce.',
      {
        cause: error,
      },
    )
  }
  if (codes.includes(busy)) {
    return new AccountBusyError({ cause: error })
  }
  if (undeclaredOperation.test(message)) {
    return new ServerOutdatedError(
      'The database no longer declares this operation; this server does not know yet.',
      {
        cause: error,
      },
    )
  }
  if (codes.some((code) => unavailable.test(code)) || lostConnection.test(message)) {
    return new DatabaseUnavailableError(
      'The database cannot be reached now. Try again, with the same nonce.',
      {
        cause: error,
      },
    )
  }
  return undefined
}

/**
 * Runs a query.
 * @throws TransactionConflictError, AccountBusyError, ServerOutdatedError, DatabaseUnavailableError, and whatever else
 * went wrong as it is.
 */
export async function query<Result>(run: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    throw ledgerErrorOf(error) ?? error
  }
}

/** The most exact codes (SQLSTATE and the adapter's kind; else Prisma's or Node's), and what was said. */
function describe(error: unknown): { codes: string[]; message: string } {
  const driver = driverErrorSchema.safeParse(error)
  if (driver.success) {
    const { kind, originalCode, originalMessage = '' } = driver.data.meta.driverAdapterError.cause
    return { codes: originalCode ? [originalCode, kind] : [kind], message: originalMessage }
  }
  const coded = codedErrorSchema.safeParse(error)
  return {
    codes: coded.success ? [coded.data.code] : [],
    message: error instanceof Error ? error.message : '',
  }
}
