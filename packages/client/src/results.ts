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

/** What a method was asked for is done. */
type Done<Of extends Mutation, Operation extends string> = OutcomeOf<Of, `${string}Success`, Operation> & {
  readonly ok: true
}

/** What was asked for is posted. */
type Posted<Of extends Mutation, Operation extends string> = Done<Of, Operation> & {
  /** Whether an earlier attempt of this call had posted it and its answer was lost: balances are the current ones. */
  readonly replayed: boolean
}

/** How a posting ended: posted, or refused for a reason that `__typename` tells and `code` and `message` explain. */
export type PostEntryResult<Operation extends string = SharedOperation> =
  | Posted<PostEntryMutation, Operation>
  | PostingRefusal<Operation>

/** The transaction, and the balances of its owners in the order of their first entries; or why there is none. */
export type PostTransactionResult<Operation extends string = SharedOperation> =
  | Posted<PostTransactionMutation, Operation>
  | PostingRefusal<Operation>

/** The transaction of the two entries, and the balances of sender and receiver; or why there is none. */
export type TransferResult<Operation extends string = SharedOperation> =
  | Posted<TransferMutation, Operation>
  | PostingRefusal<Operation>

/** The transaction that undoes the other, and the balances of its owners; or why there is none. */
export type ReverseTransactionResult<Operation extends string = SharedOperation> =
  | Posted<ReverseTransactionMutation, Operation>
  | CorrectionRefusal<Operation>

/** The entry that gives the credits back, and the balance; or why there is none. */
export type RefundEntryResult<Operation extends string = SharedOperation> =
  | Posted<RefundEntryMutation, Operation>
  | CorrectionRefusal<Operation>

/** The hold, and the balance with it; or why there is none. */
export type HoldCreditsResult<Operation extends string = SharedOperation> =
  | Posted<HoldCreditsMutation, Operation>
  | HoldRefusal<Operation>

/** The entry that captured the hold, the hold, and the balance; or why there is none. */
export type CaptureHoldResult<Operation extends string = SharedOperation> =
  | Posted<CaptureHoldMutation, Operation>
  | CaptureRefusal<Operation>

/** The hold, which keeps nothing aside any more, and the balance; or why it was not released. */
export type ReleaseHoldResult<Operation extends string = SharedOperation> =
  | Done<ReleaseHoldMutation, Operation>
  | ValidationRefusal
  | NotFoundRefusal
  | HoldEndedRefusal<Operation>

/** The balance with the overdraft, or why it was not set. */
export type SetOverdraftResult =
  | Done<SetOverdraftMutation, SharedOperation>
  | ValidationRefusal
  | OverdraftInUseRefusal
  | BalanceOutOfRangeRefusal
