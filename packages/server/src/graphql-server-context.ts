import type { Principal } from '@shared-ledger/ledger/facts'

/** What the server hands to Yoga beside the request. */
export interface GraphqlServerContext {
  /** Who sent the request. */
  readonly principal: Principal
  /** The raw request target. */
  readonly target: string
  readonly readBody: () => Promise<Uint8Array>
  /** Whether the client has left without its answer. */
  readonly hasLeft: () => boolean
  /** Filled in while the request runs, for its line in the log; that of a stream is written when it ends. */
  readonly line: { operation?: string | undefined; outcome: string; stream?: ResultStream }
}

/** The results of a subscription, on their way to its client. */
export interface ResultStream {
  /** Its outcome for the log, once it has ended. */
  readonly ended: Promise<string>
  /** Ends it, with `complete` where the client still reads. */
  end(): void
}
