import type {
  CaptureHoldMutation,
  HoldCreditsMutation,
  PostEntryMutation,
  PostTransactionMutation,
  RefundEntryMutation,
  ReleaseHoldMutation,
  ReverseTransactionMutation,
  SetOverdraftMutation,
  TransferMutation,
} from './generated/documents.ts'
import type {
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
} from './refusals.ts'
import type { SharedOperation } from './types.ts'

/** The success of a mutation. */
type Done<Of extends Mutation, Operation extends string> = OutcomeOf<Of, `${string}Success`, Operation> & {
  readonly ok: true
}

/** The success of a posting. */
type Posted<Of extends Mutation, Operation extends string> = Done<Of, Operation> & {
  /**
   * Whether an earlier attempt of this call posted it and the answer was lost. The balances are then the current ones.
   */
  readonly replayed: boolean
}

/** The entry and the balance, or a refusal. `__typename`, `code` and `message` say why. */
export type PostEntryResult<Operation extends string = SharedOperation> =
  | Posted<PostEntryMutation, Operation>
  | PostingRefusal<Operation>

/** The transaction and the balances of its owners, in the order of their first entries; or a refusal. */
export type PostTransactionResult<Operation extends string = SharedOperation> =
  | Posted<PostTransactionMutation, Operation>
  | PostingRefusal<Operation>

/** The transaction with the two entries, and the balances of sender and receiver; or a refusal. */
export type TransferResult<Operation extends string = SharedOperation> =
  | Posted<TransferMutation, Operation>
  | PostingRefusal<Operation>

/** The transaction that undoes the original one, and the balances of its owners; or a refusal. */
export type ReverseTransactionResult<Operation extends string = SharedOperation> =
  | Posted<ReverseTransactionMutation, Operation>
  | CorrectionRefusal<Operation>

/** The entry of the refund, and the balance; or a refusal. */
export type RefundEntryResult<Operation extends string = SharedOperation> =
  | Posted<RefundEntryMutation, Operation>
  | CorrectionRefusal<Operation>

/** The hold and the balance; or a refusal. */
export type HoldCreditsResult<Operation extends string = SharedOperation> =
  | Posted<HoldCreditsMutation, Operation>
  | HoldRefusal<Operation>

/** The entry of the capture, the hold, and the balance; or a refusal. */
export type CaptureHoldResult<Operation extends string = SharedOperation> =
  | Posted<CaptureHoldMutation, Operation>
  | CaptureRefusal<Operation>

/** The hold, which sets nothing aside any more, and the balance; or a refusal. */
export type ReleaseHoldResult<Operation extends string = SharedOperation> =
  | Done<ReleaseHoldMutation, Operation>
  | ValidationRefusal
  | NotFoundRefusal
  | HoldEndedRefusal<Operation>

/** The balance with the new overdraft; or a refusal. */
export type SetOverdraftResult =
  | Done<SetOverdraftMutation, SharedOperation>
  | ValidationRefusal
  | OverdraftInUseRefusal
  | BalanceOutOfRangeRefusal
