import { createSignal } from '../signals.ts'

/** A posting that came to an outcome, for logs: one for each entry and hold. */
export interface PostingEvent {
  readonly app: string
  readonly ownerId: string
  readonly operation: string
  /** Signed credits when posted or held; otherwise the number asked for, or null for the operation's default. */
  readonly amount: number | null
  /** `posted`, `held`, or the code of the refusal. In the app's own transaction the first two hold once it commits. */
  readonly outcome: string
}

/** One call of a function that posts. */
export interface PostingCall {
  readonly app: string
  /** How many drafts went together. */
  readonly drafts: number
  /** How long it took, its wait for a connection included. */
  readonly ms: number
  readonly failed: boolean
}

/** A call that failed in a way that may pass, and is made again. */
export interface PostingRetry {
  readonly code: string
}

/** What a process's ledgers tell of their work, for metrics: of all that are made in it. Listeners must not throw. */
export const postingSignals = {
  /** Each entry and hold with its outcome, as `onPosting` has it. */
  posting: createSignal<PostingEvent>(),
  call: createSignal<PostingCall>(),
  retry: createSignal<PostingRetry>(),
}
