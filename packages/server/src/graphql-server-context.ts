import type { Principal } from '@shared-ledger/ledger/facts'

/** What the server hands to Yoga along with the request. */
export interface GraphqlServerContext {
  /** The principal that sent the request. */
  readonly principal: Principal
  /** The raw request target. */
  readonly target: string
  readonly readBody: () => Promise<Uint8Array>
  /** Whether the client left before its answer. */
  readonly hasLeft: () => boolean
  /** What the log says about the request, filled in while it runs. A stream's line is written when the stream ends. */
  readonly line: { operation?: string | undefined; outcome: string; stream?: ResultStream }
}

/** The results of a subscription, on their way to the client. */
export interface ResultStream {
  /** The outcome for the log, once the stream has ended. */
  readonly ended: Promise<string>
  /** Ends the stream. A client that still reads gets `complete`. */
  end(): void
}
