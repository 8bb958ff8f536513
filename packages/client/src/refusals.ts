import type {
  CaptureHoldMutation,
  PostEntryMutation,
  ReverseTransactionMutation,
  SetOverdraftMutation,
  VoidLotMutation,
} from './generated/documents.ts'
import type { ForOperations, SharedOperation } from './types.ts'

/** The data of a mutation: its outcome, under this name. */
export interface Mutation {
  readonly outcome: { readonly __typename: string }
}

/** One of a mutation's outcomes, with the app's operations and books. */
export type OutcomeOf<
  Of extends Mutation,
  Name,
  Operation extends string,
  Book extends string = never,
> = Extract<ForOperations<Of['outcome'], Operation, Book>, { readonly __typename: Name }>

/** Nothing was done. `__typename`, `code` and `message` say why. */
type Refusal<
  Of extends Mutation,
  Name,
  Operation extends string = SharedOperation,
  Book extends string = never,
> = OutcomeOf<Of, Name, Operation, Book> & { readonly ok: false }

/** A field breaks a rule. `errors` lists each. */
export interface ValidationRefusal extends Refusal<PostEntryMutation, 'ValidationError'> {}

/** An account has fewer credits available than the entry at `entryIndex` takes. */
export type InsufficientBalanceRefusal<Book extends string = never> = Refusal<
  PostEntryMutation,
  'InsufficientBalanceError',
  SharedOperation,
  Book
>

/** The owner has used this nonce for `entry`. `identical` is true when it was the same request. */
export type DuplicateNonceRefusal<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = Refusal<PostEntryMutation, 'DuplicateNonceError', Operation, Book>

/** The owner has used this nonce for a hold. `identical` is true when it was the same request. */
export type DuplicateHoldRefusal<Book extends string = never> = Refusal<
  PostEntryMutation,
  'DuplicateHoldError',
  SharedOperation,
  Book
>

/** The balance, or the balance with the overdraft, would exceed 2^53 - 1 credits. */
export type BalanceOutOfRangeRefusal<Book extends string = never> = Refusal<
  PostEntryMutation,
  'BalanceOutOfRangeError',
  SharedOperation,
  Book
>

/** The account is frozen or closed, or cannot be closed because it is not empty. `code` says which. */
export type AccountStateRefusal<Book extends string = never> = Refusal<
  PostEntryMutation,
  'AccountStateError',
  SharedOperation,
  Book
>

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
export type HoldEndedRefusal<
  Operation extends string = SharedOperation,
  Book extends string = never,
> = Refusal<CaptureHoldMutation, 'HoldEndedError', Operation, Book>

/** The lot has no credits left, or a hold keeps some of them. `code` says which. */
export interface LotEndedRefusal extends Refusal<VoidLotMutation, 'LotEndedError'> {}

/** The balance and the holds need more overdraft than this. */
export type OverdraftInUseRefusal<Book extends string = never> = Refusal<
  SetOverdraftMutation,
  'OverdraftInUseError',
  SharedOperation,
  Book
>

/** The refusals of a posting. */
export type PostingRefusal<Operation extends string = SharedOperation, Book extends string = never> =
  | ValidationRefusal
  | InsufficientBalanceRefusal<Book>
  | DuplicateNonceRefusal<Operation, Book>
  | DuplicateHoldRefusal<Book>
  | BalanceOutOfRangeRefusal<Book>
  | AccountStateRefusal<Book>
  | LimitReachedRefusal<Operation>

/** The refusals of a hold. */
export type HoldRefusal<Operation extends string = SharedOperation, Book extends string = never> = Exclude<
  PostingRefusal<Operation, Book>,
  BalanceOutOfRangeRefusal<Book>
>

/** The refusals of a capture. */
export type CaptureRefusal<Operation extends string = SharedOperation, Book extends string = never> =
  | ValidationRefusal
  | AccountStateRefusal<Book>
  | DuplicateNonceRefusal<Operation, Book>
  | DuplicateHoldRefusal<Book>
  | NotFoundRefusal
  | HoldEndedRefusal<Operation, Book>

/** The refusals of a reversal or a refund. */
export type CorrectionRefusal<Operation extends string = SharedOperation, Book extends string = never> =
  | Exclude<PostingRefusal<Operation, Book>, LimitReachedRefusal<Operation>>
  | NotFoundRefusal
  | NotReversibleRefusal
  | AlreadyReversedRefusal
  | RefundExceededRefusal

/** The refusals of a void. */
export type VoidRefusal<Operation extends string = SharedOperation, Book extends string = never> =
  | Exclude<HoldRefusal<Operation, Book>, LimitReachedRefusal<Operation>>
  | NotFoundRefusal
  | LotEndedRefusal
