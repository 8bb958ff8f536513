/**
 * Traces the work of a process's ledgers. A function that it receives is run once, at once, and its result is returned.
 */
export interface LedgerTracer {
  /** Called when a draft is received, in the async context of its caller. It will be posted with others. */
  handedIn(draft: object): void
  /** Traces a call that posts drafts. */
  call<Result>(
    call: { readonly app: string; readonly drafts: readonly object[] },
    run: () => Promise<Result>,
  ): Promise<Result>
  /** Called when a statement is sent. @returns a function to call when it has ended, with its error if it failed */
  statement(text: string): (error?: unknown) => void
}

/** The tracer of this process. When undefined, nothing is traced, and each traced place costs only this check. */
export const tracing: { tracer: LedgerTracer | undefined } = { tracer: undefined }
