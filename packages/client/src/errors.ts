/** Why a request failed after the last attempt. */
export interface LedgerClientFailure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly status?: number | undefined
  readonly nonce?: string | undefined
  readonly nonces?: readonly string[] | undefined
  readonly cause?: unknown
}

/** Thrown when a request has no result. Refusals are not thrown: methods return them. */
export class LedgerClientError extends Error {
  override readonly name = 'LedgerClientError'
  /**
   * The server's code (`extensions.code` in GraphQL), or one of the client's own: UNREACHABLE (nothing was sent),
   * CONNECTION_LOST, TIMEOUT, HTTP_<status>, GRAPHQL_ERROR (the error has no code) and REQUEST_FAILED.
   */
  readonly code: string
  /** Whether the same request, with the same nonce, may succeed later. */
  readonly retryable: boolean
  /** The HTTP status, if there was an answer. */
  readonly status: number | undefined
  /** The nonce of the posting. Send the posting again with it to learn the outcome. It is never posted twice. */
  readonly nonce: string | undefined
  /** The nonces of a batch, in the order of its inputs. Send the batch again with them to learn the outcome. */
  readonly nonces: readonly string[] | undefined

  constructor({ code, message, retryable, status, nonce, nonces, cause }: LedgerClientFailure) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable
    this.status = status
    this.nonce = nonce
    this.nonces = nonces
  }

  /** Returns the same error with the nonce of the posting, or the nonces of the batch. */
  ofPosting(sent: { readonly nonce: string } | { readonly nonces: readonly string[] }): LedgerClientError {
    const { code, message, retryable, status, cause } = this
    return new LedgerClientError({ code, message, retryable, status, cause, ...sent })
  }
}
