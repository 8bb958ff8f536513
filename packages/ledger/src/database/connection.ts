import pg from 'pg'
import { DatabaseUnavailableError } from '../errors.ts'
import { tracing } from '../tracing.ts'
import { ledgerErrorOf } from './database-errors.ts'
import { textOf, tracedQuery } from './traced-query.ts'
import { TransactionAbortedError } from './transaction-errors.ts'

/**
 * A connection of the ledger's pool, or one beside it.
 *
 * - Its loss never ends the process, because it always has an error listener. node-postgres leaves moments without one
 *   while a connection passes between the pool and its user.
 * - It is closed when an answer does not come within `query_timeout`, because later answers could not be trusted.
 * - A COMMIT that PostgreSQL answers with ROLLBACK fails. Prisma, Kysely and Drizzle would take it for a success.
 */
export class LedgerConnection extends pg.Client {
  /** The last error. It explains why PostgreSQL has given up the current transaction. */
  #failure: unknown
  /** When PostgreSQL last answered, by performance.now(). */
  heardAt = performance.now()
  /** Called when an answer does not come in time, with the time when its statement was sent. */
  onSilence: (sentAt: number) => void = () => {}

  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.on('error', () => {}) // the current statement, or the next one, reports the error
    this.query = new Proxy(this.query, {
      apply: (_query, connection, args: unknown[]): unknown => {
        const ask = (asked: unknown[]): unknown => Reflect.apply(super.query, connection, asked)
        const { tracer } = tracing
        const heard = this.#listening(args)
        const answer = tracer ? tracedQuery(tracer, heard, ask) : ask(heard)
        return answer instanceof Promise ? this.#judged(answer, args[0]) : answer
      },
    })
  }

  /** Returns the arguments of a query with a callback that we hear too. A pool sends its own queries with a callback. */
  #listening(args: unknown[]): unknown[] {
    const callback = args.at(-1)
    if (typeof callback !== 'function') return args
    const sentAt = performance.now()
    const told = (error: unknown, ...results: unknown[]) => {
      this.#hear(sentAt, error)
      Reflect.apply(callback, undefined, [this.#failureOf(args[0], error, results[0]), ...results])
    }
    return [...args.slice(0, -1), told]
  }

  #judged(answer: Promise<unknown>, query: unknown): Promise<unknown> {
    const sentAt = performance.now()
    return answer.then(
      (result) => {
        this.#hear(sentAt)
        const failure = this.#failureOf(query, undefined, result)
        if (failure) throw failure
        return result
      },
      (error: unknown) => {
        this.#hear(sentAt, error)
        throw this.#failureOf(query, error)
      },
    )
  }

  /** Returns the error of an answer for its caller. */
  #failureOf(query: unknown, error: unknown, result?: unknown): unknown {
    if (error) {
      if (!isAborted(error)) this.#failure = error
      const isUnknown = isCommit(query) && ledgerErrorOf(error) instanceof DatabaseUnavailableError
      return isUnknown ? outcomeUnknown(error) : error
    }
    const isRolledBack = isCommit(query) && isResult(result) && result.command === 'ROLLBACK'
    return isRolledBack ? new TransactionAbortedError({ cause: this.#failure }) : error
  }

  /** Notes an answer, or that none came. */
  #hear(sentAt: number, error?: unknown): void {
    if (error instanceof Error && error.message === 'Query read timeout') {
      this.connection.stream.destroy()
      this.onSilence(sentAt)
    } else if (!error || error instanceof pg.DatabaseError) {
      this.heardAt = performance.now()
    }
  }
}

/** Libraries and people write it in different ways. */
function isCommit(query: unknown): boolean {
  return /^\s*(?:COMMIT|END)\b/i.test(textOf(query) ?? '')
}

function isResult(result: unknown): result is { readonly command: unknown } {
  return typeof result === 'object' && result !== null && 'command' in result
}

/** PostgreSQL's error for each statement after the one that failed. */
function isAborted(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '25P02'
}

function outcomeUnknown(cause: unknown): DatabaseUnavailableError {
  return new DatabaseUnavailableError(
    'The connection to the database was lost during the commit, so the outcome is unknown. Send it again with the same nonce to learn it.',
    { cause },
  )
}
