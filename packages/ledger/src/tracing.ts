/** Traces the work of a process's ledgers. What it is given is run once, at once, and its outcome returned. */
export interface LedgerTracer {
  /** A draft was handed in to be posted with others: called in the async context of who did. */
  handedIn(draft: object): void
  /** A call that posts drafts. */
  call<Result>(
    call: { readonly app: string; readonly drafts: readonly object[] },
    run: () => Promise<Result>,
  ): Promise<Result>
  /** A statement on its way: called when it is sent. @returns is called when it has ended, with its error if it failed. */
  statement(text: string): (error?: unknown) => void
}

/** The tracer of this process; undefined: nobody traces, and what could be traced costs one look here. */
export const tracing: { tracer: LedgerTracer | undefined } = { tracer: undefined }
