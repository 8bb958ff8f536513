/** What a request failed of, once it is not tried again. */
export interface LedgerClientFailure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly status?: number | undefined
  readonly nonce?: string | undefined
  readonly nonces?: readonly string[] | undefined
  readonly cause?: unknown
}

/**
 * A request without an answer that the ledger's types describe. Business outcomes are not thrown: methods
 * return them.
 */
export class LedgerClientError extends Error {
  override readonly name = 'LedgerClientError'
  /**
   * The server's own code (`extensions.code` in GraphQL), or one of the client's: UNREACHABLE (nothing was
   * sent), CONNECTION_LOST, TIMEOUT, HTTP_<status>, GRAPHQL_ERROR (without a code) and REQUEST_FAILED.
   */
  readonly code: string
  /** Whether the same request, with the same nonce, may succeed later. */
  readonly retryable: boolean
  /** The HTTP status, when there was an answer. */
  readonly status: number | undefined
  /** Of a posting: send it again with this nonce to learn the outcome. It is never posted twice. */
  readonly nonce: string | undefined
  /** Of a batch: the nonces of its inputs, in their order, to send it again with. */
  readonly nonces: readonly string[] | undefined

  constructor({ code, message, retryable, status, nonce, nonces, cause }: LedgerClientFailure) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable
    this.status = status
    this.nonce = nonce
    this.nonces = nonces
  }

  /** The same error, of the posting with this nonce, or of the batch with these. */
  ofPosting(sent: { readonly nonce: string } | { readonly nonces: readonly string[] }): LedgerClientError {
    const { code, message, retryable, status, cause } = this
    return new LedgerClientError({ code, message, retryable, status, cause, ...sent })
  }
}
