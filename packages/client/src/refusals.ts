import type {
  CaptureHoldMutation,
  PostEntryMutation,
  ReverseTransactionMutation,
  SetOverdraftMutation,
} from './generated/documents.ts'
import type { ForOperations, SharedOperation } from './types.ts'

/** What a mutation of the documents gives: an outcome, under that name. */
export interface Mutation {
  readonly outcome: { readonly __typename: string }
}

/** One of a mutation's outcomes, with the app's operations. */
export type OutcomeOf<Of extends Mutation, Name, Operation extends string> = Extract<
  ForOperations<Of['outcome'], Operation>,
  { readonly __typename: Name }
>

/** Nothing was done, for a reason that `__typename` tells and `code` and `message` explain. */
type Refusal<Of extends Mutation, Name, Operation extends string = SharedOperation> = OutcomeOf<
  Of,
  Name,
  Operation
> & { readonly ok: false }

/** A field breaks a rule; `errors` names each. */
export interface ValidationRefusal extends Refusal<PostEntryMutation, 'ValidationError'> {}

/** An account has fewer credits available than the entry at `entryIndex` takes. */
export interface InsufficientBalanceRefusal extends Refusal<PostEntryMutation, 'InsufficientBalanceError'> {}

/** The owner has a posting with this nonce, in `entry`; `identical` when it was the same request. */
export interface DuplicateNonceRefusal<Operation extends string = SharedOperation>
  extends Refusal<PostEntryMutation, 'DuplicateNonceError', Operation> {}

/** The owner has a hold with this nonce; `identical` when it was the same request. */
export interface DuplicateHoldRefusal extends Refusal<PostEntryMutation, 'DuplicateHoldError'> {}

/** The balance, or it and the overdraft, would go beyond 2^53 - 1 credits. */
export interface BalanceOutOfRangeRefusal extends Refusal<PostEntryMutation, 'BalanceOutOfRangeError'> {}

/** The owner has had the operation as often as its limit allows; `nextOn` is when the next one is possible. */
export interface LimitReachedRefusal<Operation extends string = SharedOperation>
  extends Refusal<PostEntryMutation, 'LimitReachedError', Operation> {}

/** The app has nothing with this id. */
export interface NotFoundRefusal extends Refusal<ReverseTransactionMutation, 'NotFoundError'> {}

/** A reversal or a refund is neither reversed nor refunded. */
export interface NotReversibleRefusal extends Refusal<ReverseTransactionMutation, 'NotReversibleError'> {}

/** The entry was reversed before. */
export interface AlreadyReversedRefusal extends Refusal<ReverseTransactionMutation, 'AlreadyReversedError'> {}

/** Refunds would give back more than the entry moved; `refundable` is what they still may. */
export interface RefundExceededRefusal extends Refusal<ReverseTransactionMutation, 'RefundExceededError'> {}

/** The hold was captured or released before, or has expired, as `code` tells. */
export interface HoldEndedRefusal<Operation extends string = SharedOperation>
  extends Refusal<CaptureHoldMutation, 'HoldEndedError', Operation> {}

/** The balance and the holds need more than this overdraft. */
export interface OverdraftInUseRefusal extends Refusal<SetOverdraftMutation, 'OverdraftInUseError'> {}

/** The refusals that any posting may meet. */
export type PostingRefusal<Operation extends string = SharedOperation> =
  | ValidationRefusal
  | InsufficientBalanceRefusal
  | DuplicateNonceRefusal<Operation>
  | DuplicateHoldRefusal
  | BalanceOutOfRangeRefusal
  | LimitReachedRefusal<Operation>

/** The refusals that a hold may meet. */
export type HoldRefusal<Operation extends string = SharedOperation> = Exclude<
  PostingRefusal<Operation>,
  BalanceOutOfRangeRefusal
>

/** The refusals that a capture may meet. */
export type CaptureRefusal<Operation extends string = SharedOperation> =
  | ValidationRefusal
  | DuplicateNonceRefusal<Operation>
  | DuplicateHoldRefusal
  | NotFoundRefusal
  | HoldEndedRefusal<Operation>

/** The refusals that a reversal or a refund may meet. */
export type CorrectionRefusal<Operation extends string = SharedOperation> =
  | Exclude<PostingRefusal<Operation>, LimitReachedRefusal<Operation>>
  | NotFoundRefusal
  | NotReversibleRefusal
  | AlreadyReversedRefusal
  | RefundExceededRefusal
