import type {
  CaptureHoldMutation,
  PostEntryMutation,
  ReverseTransactionMutation,
  SetOverdraftMutation,
} from './generated/documents.ts'
import type { ForOperations, SharedOperation } from './types.ts'

/** The data of a mutation: its outcome, under this name. */
export interface Mutation {
  readonly outcome: { readonly __typename: string }
}

/** One of a mutation's outcomes, with the app's operations. */
export type OutcomeOf<Of extends Mutation, Name, Operation extends string> = Extract<
  ForOperations<Of['outcome'], Operation>,
  { readonly __typename: Name }
>

/** Nothing was done. `__typename`, `code` and `message` say why. */
type Refusal<Of extends Mutation, Name, Operation extends string = SharedOperation> = OutcomeOf<
  Of,
  Name,
  Operation
> & { readonly ok: false }

/** A field breaks a rule. `errors` lists each. */
export interface ValidationRefusal extends Refusal<PostEntryMutation, 'ValidationError'> {}

/** An account has fewer credits available than the entry at `entryIndex` takes. */
export interface InsufficientBalanceRefusal extends Refusal<PostEntryMutation, 'InsufficientBalanceError'> {}

/** The owner has used this nonce for `entry`. `identical` is true when it was the same request. */
export interface DuplicateNonceRefusal<Operation extends string = SharedOperation>
  extends Refusal<PostEntryMutation, 'DuplicateNonceError', Operation> {}

/** The owner has used this nonce for a hold. `identical` is true when it was the same request. */
export interface DuplicateHoldRefusal extends Refusal<PostEntryMutation, 'DuplicateHoldError'> {}

/** The balance, or the balance with the overdraft, would exceed 2^53 - 1 credits. */
export interface BalanceOutOfRangeRefusal extends Refusal<PostEntryMutation, 'BalanceOutOfRangeError'> {}

/** The operation's limit for the owner is reached. `nextOn` is when the next one is possible. */
export interface LimitReachedRefusal<Operation extends string = SharedOperation>
  extends Refusal<PostEntryMutation, 'LimitReachedError', Operation> {}

/** The app has nothing with this id. */
export interface NotFoundRefusal extends Refusal<ReverseTransactionMutation, 'NotFoundError'> {}

/** The entry is a reversal or a refund, and these cannot be reversed or refunded. */
export interface NotReversibleRefusal extends Refusal<ReverseTransactionMutation, 'NotReversibleError'> {}

/** The entry has already been reversed. */
export interface AlreadyReversedRefusal extends Refusal<ReverseTransactionMutation, 'AlreadyReversedError'> {}

/** Refunds would give back more than the entry moved. `refundable` is how much they still may. */
export interface RefundExceededRefusal extends Refusal<ReverseTransactionMutation, 'RefundExceededError'> {}

/** The hold was captured, was released, or has expired. `code` says which. */
export interface HoldEndedRefusal<Operation extends string = SharedOperation>
  extends Refusal<CaptureHoldMutation, 'HoldEndedError', Operation> {}

/** The balance and the holds need more overdraft than this. */
export interface OverdraftInUseRefusal extends Refusal<SetOverdraftMutation, 'OverdraftInUseError'> {}

/** The refusals of a posting. */
export type PostingRefusal<Operation extends string = SharedOperation> =
  | ValidationRefusal
  | InsufficientBalanceRefusal
  | DuplicateNonceRefusal<Operation>
  | DuplicateHoldRefusal
  | BalanceOutOfRangeRefusal
  | LimitReachedRefusal<Operation>

/** The refusals of a hold. */
export type HoldRefusal<Operation extends string = SharedOperation> = Exclude<
  PostingRefusal<Operation>,
  BalanceOutOfRangeRefusal
>

/** The refusals of a capture. */
export type CaptureRefusal<Operation extends string = SharedOperation> =
  | ValidationRefusal
  | DuplicateNonceRefusal<Operation>
  | DuplicateHoldRefusal
  | NotFoundRefusal
  | HoldEndedRefusal<Operation>

/** The refusals of a reversal or a refund. */
export type CorrectionRefusal<Operation extends string = SharedOperation> =
  | Exclude<PostingRefusal<Operation>, LimitReachedRefusal<Operation>>
  | NotFoundRefusal
  | NotReversibleRefusal
  | AlreadyReversedRefusal
  | RefundExceededRefusal
