import type {
  CaptureHoldMutation,
  ExchangeMutation,
  HoldCreditsMutation,
  PostEntryMutation,
  PostTransactionMutation,
  ProlongHoldMutation,
  RefundEntryMutation,
  ReleaseHoldMutation,
  ReverseTransactionMutation,
  SetOverdraftMutation,
  TransferMutation,
  VoidLotMutation,
} from './generated/documents.ts'
import type {
  AccountStateRefusal,
  BalanceOutOfRangeRefusal,
  CaptureRefusal,
  CorrectionRefusal,
  HoldEndedRefusal,
  HoldRefusal,
  Mutation,
  NotFoundRefusal,
  OutcomeOf,
  OverdraftInUseRefusal,
  PostingRefusal,
  ValidationRefusal,
  VoidRefusal,
} from './refusals.ts'
import type { SharedOperation } from './types.ts'

/** The success of a mutation. */
type Done<Of extends Mutation, Operation extends string, Book extends string> = OutcomeOf<
  Of,
  `${string}Success`,
  Operation,
  Book
> & { readonly ok: true }

/** The success of a posting. */
type Posted<Of extends Mutation, Operation extends string, Book extends string> = Done<
  Of,
  Operation,
  Book
> & {
  /**
   * Whether an earlier attempt of this call posted it and the answer was lost. The balances are then the current ones.
   */
  readonly replayed: boolean
}

/** The entry and the balance, or a refusal. `__typename`, `code` and `message` say why. */
export type PostEntryResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<PostEntryMutation, Operation, Book>
  | PostingRefusal<Operation, Book>

/** The transaction and the balances of its owners, in the order of their first entries; or a refusal. */
export type PostTransactionResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<PostTransactionMutation, Operation, Book>
  | PostingRefusal<Operation, Book>

/** The transaction with the two entries, and the balances of sender and receiver; or a refusal. */
export type TransferResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<TransferMutation, Operation, Book>
  | PostingRefusal<Operation, Book>

/** The transaction with the two entries, and the balances in both books; or a refusal. */
export type ExchangeResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<ExchangeMutation, Operation, Book>
  | PostingRefusal<Operation, Book>

/** The transaction that undoes the original one, and the balances of its owners; or a refusal. */
export type ReverseTransactionResult<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = Posted<ReverseTransactionMutation, Operation, Book> | CorrectionRefusal<Operation, Book>

/** The entry of the refund, and the balance; or a refusal. */
export type RefundEntryResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<RefundEntryMutation, Operation, Book>
  | CorrectionRefusal<Operation, Book>

/** The entry of the void, and the balance; or a refusal. */
export type VoidLotResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<VoidLotMutation, Operation, Book>
  | VoidRefusal<Operation, Book>

/** The hold and the balance; or a refusal. */
export type HoldCreditsResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<HoldCreditsMutation, Operation, Book>
  | HoldRefusal<Operation, Book>

/** The entry of the capture, the hold, and the balance; or a refusal. */
export type CaptureHoldResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Posted<CaptureHoldMutation, Operation, Book>
  | CaptureRefusal<Operation, Book>

/** The hold with its new expiry, and the balance; or a refusal. */
export type ProlongHoldResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Done<ProlongHoldMutation, Operation, Book>
  | ValidationRefusal
  | NotFoundRefusal
  | HoldEndedRefusal<Operation, Book>
  | AccountStateRefusal<Book>

/** The hold, which sets nothing aside any more, and the balance; or a refusal. */
export type ReleaseHoldResult<Operation extends string = SharedOperation, Book extends string = never> =
  | Done<ReleaseHoldMutation, Operation, Book>
  | ValidationRefusal
  | NotFoundRefusal
  | HoldEndedRefusal<Operation, Book>

/** The balance with the new overdraft; or a refusal. */
export type SetOverdraftResult<Book extends string = never> =
  | Done<SetOverdraftMutation, SharedOperation, Book>
  | ValidationRefusal
  | OverdraftInUseRefusal<Book>
  | BalanceOutOfRangeRefusal<Book>
  | AccountStateRefusal<Book>
