import {
  AccountBusyError,
  DatabaseUnavailableError,
  LedgerError,
  ServerOutdatedError,
  TransactionConflictError,
} from '../errors.ts'
import { type DatabaseReport, reportOf } from './database-codes.ts'
import { TransactionAbortedError, TransactionEndedError } from './transaction-errors.ts'

/** The first row that matches an error says what it means: by a code or by words, or by a code with words. */
interface Meaning {
  readonly codes?: RegExp
  readonly words?: RegExp
  /** The words without which the codes do not match. */
  readonly withWords?: RegExp
  error(options: ErrorOptions): LedgerError
}

const again = 'Try again, with the same nonce.'
const unavailable = (reason: string) => (options: ErrorOptions) =>
  new DatabaseUnavailableError(`${reason} ${again}`, options)

const conflict = (options: ErrorOptions) =>
  new TransactionConflictError(`The database aborted this because of another transaction. ${again}`, options)

const diskFull = unavailable('The database takes no writes now: its disk is full.')

/** Returns a function that makes the error of a server and a database that do not fit. Its cause is for operators. */
function outdated(reason: string) {
  const message = `${reason} Update the server, or migrate the database: npx shared-ledger migrate`
  return (options: ErrorOptions) => new ServerOutdatedError({ cause: new Error(message, options) })
}

/**
 * What a node of a Citus cluster says of another node that is lost, as an internal error. The first three lines are
 * those of PostgreSQL's client library, in the node's lc_messages, which must be English.
 */
const nodeLost = new RegExp(
  [
    'server closed the connection|no connection to the server|connection not open|lost synchronization with server',
    'could not (?:receive data from|send data to|connect to) server',
    'SSL (?:connection has been closed|SYSCALL error|error: unexpected eof)',
    'failed to prepare transaction|failure on connection marked as essential|could not commit transaction for shard',
    'cannot recover from multiple connection failures|recover from inconsistent state in the connection state machine',
    'no active placements were found|does not have a primary node|there are no nodes in that group',
    'is a metadata node, but is out of sync',
    'postmaster was shut down',
  ].join('|'),
)

/**
 * What PostgreSQL says of a full disk as an internal error: when a session begins, and for another node of a Citus
 * cluster. The first two are words of the system's C library.
 */
const noSpace =
  /No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes|could not write init file/

/** What PostgreSQL says, as an internal error, of a function that a migration dropped while a call of it began. */
const dropped = /cache lookup failed for function/

/** The meanings of the database's errors, by SQLSTATEs, Prisma's codes, kinds of its adapter, and Node's codes. */
const meanings: readonly Meaning[] = [
  { codes: /^(40001|40P01|P2034|TransactionWriteConflict)$/, error: conflict },
  { codes: /^XX000$/, withWords: dropped, error: conflict },
  { codes: /^55P03$/, error: (options) => new AccountBusyError(options) },
  {
    // The CHECK that ledger.set_operations puts on an app's partition, and ledger.assert_declared. The words around the
    // constraint's name are in the server's language.
    words: /\bentries_\w+_operations\b|does not declare the operation/,
    error: outdated('The database does not declare this operation: it is newer or older than the server.'),
  },
  {
    codes: /^25006$/,
    error: unavailable('The database takes no writes now: it, or its role, is read-only. Reading works.'),
  },
  {
    codes: /^42501$/,
    error: unavailable("The server's database role lacks a right that this needs. Others may have it."),
  },
  { codes: /^53100$/, error: diskFull },
  { codes: /^XX000$/, withWords: noSpace, error: diskFull },
  {
    // Time limits: of a statement, of an idle transaction, of a whole one (PostgreSQL's and Prisma's), of an answer.
    codes: /^(57014|25P03|25P04|P1008|SocketTimeout)$/,
    words: /Query read timeout|expired transaction/,
    error: unavailable('The database took too long, and this was given up.'),
  },
  {
    codes: new RegExp(
      [
        // Connection exceptions, resources, shutdowns, the disk, login and database. 40003: outcome unknown.
        '08...|53...|57...|58...|28...|3D000|40003|F0...',
        'P100[0-3]|P1010|P1011|P1017|P2024|P2028|P2037',
        'DatabaseNotReachable|DatabaseDoesNotExist|DatabaseAccessDenied|ConnectionClosed|TooManyConnections|TlsConnectionError|AuthenticationFailed',
        // A connection that was lost, or could not be opened for any reason, such as a missing socket file.
        '(?:connect|getaddrinfo) E[A-Z_]+|(?:read|write) E(?:CONN[A-Z]+|PIPE|TIMEDOUT|HOST[A-Z]+|NET[A-Z]+)',
        'ECONNREFUSED|ECONNRESET|ERR_STREAM_(?:DESTROYED|WRITE_AFTER_END|PREMATURE_CLOSE)|ERR_SOCKET_CLOSED',
      ]
        .map((codes) => `^(?:${codes})$`)
        .join('|'),
    ),
    // The messages without a code that node-postgres has for a connection that was lost or could not be opened.
    words:
      /Connection terminated|timeout exceeded when trying to connect|timeout expired|is not queryable|SSL connection|after calling end on the pool/,
    error: unavailable('The database cannot be reached now.'),
  },
  {
    codes: /^(XX000|55000)$/,
    withWords: nodeLost,
    error: unavailable('A node of the database cannot be reached now.'),
  },
]

/**
 * Returns the LedgerError that a database's error stands for: a conflict, or a database that is away. Undefined for any
 * other error.
 */
export function ledgerErrorOf(error: unknown): LedgerError | undefined {
  if (error instanceof LedgerError) return error
  const report = reportOf(error)
  if (isMisuse(report)) return undefined
  return meanings.find((meaning) => applies(meaning, report))?.error({ cause: error })
}

function applies({ codes, words, withWords }: Meaning, { codes: had, messages }: DatabaseReport): boolean {
  const hasWords = (wanted: RegExp) => messages.some((message) => wanted.test(message))
  if (words && hasWords(words)) return true
  return had.some((code) => codes?.test(code)) && (withWords === undefined || hasWords(withWords))
}

/** How Kysely says that PostgreSQL has answered COMMIT with ROLLBACK. */
const abortedWords = 'Transaction was rolled back instead of committed'

/** Prisma's words for a transaction that was already over. An expired one has other words. */
const endedWords = /on a committed transaction|that was rolled back|Transaction not found/

/** Whether an app used its own transaction against the rules. The database is not at fault. */
function isMisuse(report: DatabaseReport): boolean {
  return isAborted(report) || isEnded(report)
}

const isAborted = ({ codes, messages }: DatabaseReport) =>
  codes.includes('25P02') || codes.includes('TRANSACTION_ABORTED') || messages.includes(abortedWords)
const isEnded = ({ codes, messages }: DatabaseReport) =>
  codes.includes('25P01') ||
  codes.includes('P1018') ||
  (codes.includes('P2028') && messages.some((words) => endedWords.test(words)))

/**
 * Runs a query.
 *
 * @throws TransactionConflictError, AccountBusyError, ServerOutdatedError or DatabaseUnavailableError
 * @throws TransactionAbortedError or TransactionEndedError for an app's own transaction
 * @throws any other error unchanged
 */
export async function query<Result>(run: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (reportOf(error).codes.some((code) => missing.test(code))) throw lacksWhatIsAsked({ cause: error })
    throw meaningOf(error)
  }
}

/** Whether the database is a cluster that cannot run a statement of this kind. */
export function isUnsupported(error: unknown): boolean {
  const { codes, messages } = reportOf(error)
  // A function that reads the ledger was called on a shard. Citus gives the code of an internal error.
  return codes.includes('0A000') || messages.some((message) => message.includes('from a query on a shard'))
}

/** SQLSTATEs of a schema, a table, a column and a function that do not exist. */
const missing = /^(3F000|42P01|42703|42883)$/

const lacksWhatIsAsked = outdated(
  'The database lacks something that this server needs: it is newer or older than the server, or has no ledger.',
)

/** Returns the ledger's error for an error of the database. Returns any other error unchanged. */
export function meaningOf(error: unknown): unknown {
  if (error instanceof TransactionAbortedError || error instanceof TransactionEndedError) return error
  const report = reportOf(error)
  if (isAborted(report)) return new TransactionAbortedError({ cause: error })
  if (isEnded(report)) return new TransactionEndedError({ cause: error })
  return ledgerErrorOf(error) ?? error
}
