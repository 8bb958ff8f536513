/** A refusal by the compiler, in English: nothing is assignable to it, and its message shows in the error. */
export interface LedgerTypeError<Message extends string> {
  readonly __ledgerTypeError: Message
}
