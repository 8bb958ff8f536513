import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { GraphQLClient } from 'graphql-request'
import { LedgerClientError } from './errors.ts'
import { failureOf } from './failure.ts'
import { isRepeatable } from './repeatable.ts'
import { defaultRetryPolicy, delayAfter, type RetryPolicy } from './retry.ts'

/** Where an app's graph is, and how to reach it. */
export interface LedgerClientOptions {
  /** The app's GraphQL endpoint, such as http://localhost:4001/graphql. */
  readonly url: string | URL
  /**
   * The API key or token, if the app authenticates requests. It is sent in the Authorization header. A function is
   * called again for each attempt, for a token that expires or a key that is rotated.
   */
  readonly key?: string | (() => string) | undefined
  /** Headers for every attempt. A function is called again for each attempt. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>) | undefined
  readonly fetch?: typeof fetch | undefined
  readonly retry?: Partial<RetryPolicy> | undefined
  /** How long one attempt may take. 30 seconds when left out. */
  readonly timeoutMs?: number | undefined
}

/** Returns the headers of one attempt. */
export function headersOf({ key, headers }: LedgerClientOptions): Record<string, string> {
  const given = typeof headers === 'function' ? headers() : headers
  const bearer = typeof key === 'function' ? key() : key
  return { ...given, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) }
}

/** An answer, and what is known about the attempts before it. */
export interface Answer<Result> {
  readonly result: Result
  /** Whether an earlier attempt failed but may have been carried out anyway. */
  readonly maybeDoneBefore: boolean
}

/** Sends a document until it is answered, as often as the policy and the document allow. */
export type Send = <Result>(
  document: TypedDocumentNode<Result, never>,
  variables: object,
  options?: SendOptions,
) => Promise<Answer<Result>>

/** What the client knows about a document beyond its text. */
interface SendOptions {
  /** Whether sending it twice has the same effect as once. It may then be sent again without a nonce. */
  readonly isIdempotent?: boolean
}

/** @throws TypeError when the URL is invalid */
export function createTransport(options: LedgerClientOptions): Send {
  const { timeoutMs = 30_000 } = options
  const policy = { ...defaultRetryPolicy, ...options.retry }
  const client = new GraphQLClient(new URL(options.url).href, {
    headers: () => headersOf(options),
    ...(options.fetch && { fetch: options.fetch }),
  })

  return async <Result>(
    document: TypedDocumentNode<Result, never>,
    variables: object,
    { isIdempotent = false }: SendOptions = {},
  ) => {
    const repeatable = isIdempotent || isRepeatable(document, variables)
    let maybeDoneBefore = false
    for (let attempt = 1; ; attempt++) {
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        return { result: await client.request<Result>({ document, variables, signal }), maybeDoneBefore }
      } catch (thrown) {
        const failure = failureOf(thrown)
        const delayMs = delayAfter(attempt, policy, failure.retryAfterMs)
        if (!repeatable || !failure.retryable || delayMs === undefined) throw new LedgerClientError(failure)
        maybeDoneBefore ||= failure.maybeDone
        await new Promise((resolve) => setTimeout(resolve, delayMs))
      }
    }
  }
}
