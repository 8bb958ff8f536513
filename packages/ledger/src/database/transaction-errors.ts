/**
 * A statement failed in an app's own transaction, and the app caught its error. PostgreSQL accepts no more statements
 * in it, and rolls everything back. Nothing was posted. It is a fault of the app: the error must leave the
 * transaction's callback.
 */
export class TransactionAbortedError extends Error {
  override readonly name = 'TransactionAbortedError'
  readonly code = 'TRANSACTION_ABORTED'

  /** @param options.cause The original error, if it is known. */
  constructor(options?: ErrorOptions) {
    super(
      'A statement of this transaction failed and its error was caught, so PostgreSQL rolled back all of the transaction: ' +
        'nothing was committed. Let the error leave the callback of the transaction.',
      options,
    )
  }
}

/** A call used the `tx` of a transaction that is over, or has not begun. Nothing was posted. It is a fault of the app. */
export class TransactionEndedError extends Error {
  override readonly name = 'TransactionEndedError'
  readonly code = 'TRANSACTION_ENDED'

  constructor(options?: ErrorOptions) {
    super(
      'The transaction of this `tx` has ended, or has not begun: await each call inside it, and keep no `tx` beyond it.',
      options,
    )
  }
}
