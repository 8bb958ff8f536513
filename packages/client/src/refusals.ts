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

// One per error of the graph, whose type in schema.graphql says what it and its fields mean.

export interface ValidationRefusal extends Refusal<PostEntryMutation, 'ValidationError'> {}

export interface InsufficientBalanceRefusal extends Refusal<PostEntryMutation, 'InsufficientBalanceError'> {}

export interface DuplicateNonceRefusal<Operation extends string = SharedOperation>
  extends Refusal<PostEntryMutation, 'DuplicateNonceError', Operation> {}

export interface DuplicateHoldRefusal extends Refusal<PostEntryMutation, 'DuplicateHoldError'> {}

export interface BalanceOutOfRangeRefusal extends Refusal<PostEntryMutation, 'BalanceOutOfRangeError'> {}

export interface LimitReachedRefusal<Operation extends string = SharedOperation>
  extends Refusal<PostEntryMutation, 'LimitReachedError', Operation> {}

export interface NotFoundRefusal extends Refusal<ReverseTransactionMutation, 'NotFoundError'> {}

export interface NotReversibleRefusal extends Refusal<ReverseTransactionMutation, 'NotReversibleError'> {}

export interface AlreadyReversedRefusal extends Refusal<ReverseTransactionMutation, 'AlreadyReversedError'> {}

export interface RefundExceededRefusal extends Refusal<ReverseTransactionMutation, 'RefundExceededError'> {}

export interface HoldEndedRefusal<Operation extends string = SharedOperation>
  extends Refusal<CaptureHoldMutation, 'HoldEndedError', Operation> {}

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
