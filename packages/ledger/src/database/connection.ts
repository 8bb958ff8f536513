import pg from 'pg'
import { DatabaseUnavailableError } from '../errors.ts'
import { tracing } from '../tracing.ts'
import { ledgerErrorOf } from './database-errors.ts'
import { tracedQuery } from './traced-query.ts'
import { TransactionAbortedError } from './transaction-errors.ts'

/**
 * A connection of the ledger's pool, or one beside it.
 *
 * - Its loss never ends the process: it hears its errors from birth to death. node-postgres leaves moments in which
 *   nobody does, between the pool and who takes a connection or gives it back.
 * - When an answer does not come within `query_timeout`, it is closed: nothing that came later could be trusted.
 * - A COMMIT that PostgreSQL answers with ROLLBACK fails, which Prisma would take for success.
 */
export class LedgerConnection extends pg.Client {
  /** What failed last: in a transaction that PostgreSQL has given up, why it has. */
  #failure: unknown
  /** When PostgreSQL last answered, by performance.now(). */
  heardAt = performance.now()
  /** Called when an answer does not come within its bound, with when its statement was sent. */
  onSilence: (sentAt: number) => void = () => {}

  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.on('error', () => {}) // the statement at hand, or the next one, tells its caller
    this.query = new Proxy(this.query, {
      apply: (_query, connection, args: unknown[]): unknown => {
        const ask = (asked: unknown[]): unknown => Reflect.apply(super.query, connection, asked)
        const { tracer } = tracing
        const answer = tracer ? tracedQuery(tracer, args, ask) : ask(args)
        return answer instanceof Promise ? this.#judged(answer, isCommit(args[0])) : answer
      },
    })
  }

  async #judged(answer: Promise<pg.QueryResult>, isCommit: boolean): Promise<pg.QueryResult> {
    const sentAt = performance.now()
    try {
      const result = await answer
      this.heardAt = performance.now()
      if (isCommit && result.command === 'ROLLBACK')
        throw new TransactionAbortedError({ cause: this.#failure })
      return result
    } catch (error) {
      if (!isAborted(error)) this.#failure = error
      if (error instanceof Error && error.message === 'Query read timeout') {
        this.connection.stream.destroy()
        this.onSilence(sentAt)
      }
      if (isCommit && ledgerErrorOf(error) instanceof DatabaseUnavailableError) throw outcomeUnknown(error)
      throw error
    }
  }
}

function isCommit(query: unknown): boolean {
  return typeof query === 'object' && query !== null && 'text' in query && query.text === 'COMMIT'
}

/** What PostgreSQL says of each statement after the one that failed. */
function isAborted(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '25P02'
}

function outcomeUnknown(cause: unknown): DatabaseUnavailableError {
  return new DatabaseUnavailableError(
    'The database was lost while it committed: whether it did is unknown. Send it again with the same nonce, which says so.',
    { cause },
  )
}
