import { createSignal } from '../signals.ts'

/** The outcome of an entry or a hold, for logs. */
export interface PostingEvent {
  readonly app: string
  readonly ownerId: string
  readonly operation: string
  /** Signed credits when it was posted or held. Otherwise the requested number, or null for the operation's default. */
  readonly amount: number | null
  /**
   * `posted`, `held`, or the code of the refusal. In the app's own transaction, `posted` and `held` become true when it
   * commits.
   */
  readonly outcome: string
}

/** One call of a function that posts. */
export interface PostingCall {
  readonly app: string
  /** How many drafts it had. */
  readonly drafts: number
  /** How long it took, with the wait for a connection. */
  readonly ms: number
  readonly failed: boolean
}

/** A call that failed and is made again, because the failure may pass. */
export interface PostingRetry {
  readonly code: string
}

/** Signals of all ledgers of this process, for metrics. Listeners must not throw. */
export const postingSignals = {
  /** The outcome of each entry and hold, as for `onPosting`. */
  posting: createSignal<PostingEvent>(),
  call: createSignal<PostingCall>(),
  retry: createSignal<PostingRetry>(),
}
