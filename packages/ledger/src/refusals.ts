import {
  AccountStateError,
  AlreadyReversedError,
  BalanceOutOfRangeError,
  DuplicateHoldError,
  DuplicateNonceError,
  HoldEndedError,
  InsufficientBalanceError,
  type LedgerError,
  LimitReachedError,
  LotEndedError,
  NotFoundError,
  NotReversibleError,
  OverdraftInUseError,
  RefundExceededError,
  ValidationError,
} from './errors.ts'

/** The refusals of any posting. */
export type PostingError<Operation extends string = string> =
  | ValidationError
  | InsufficientBalanceError
  | DuplicateNonceError<Operation>
  | DuplicateHoldError<Operation>
  | BalanceOutOfRangeError
  | AccountStateError
  | LimitReachedError<Operation>

/** The refusals of a hold. It takes only available credits, so no balance can exceed its range. */
export type HoldError<Operation extends string = string> = Exclude<
  PostingError<Operation>,
  BalanceOutOfRangeError
>

/** The refusals of a reversal or a refund. Limits do not apply to them. */
export type CorrectionError<Operation extends string = string> =
  | Exclude<PostingError<Operation>, LimitReachedError<Operation>>
  | NotFoundError
  | NotReversibleError
  | AlreadyReversedError
  | RefundExceededError

/** The refusals of a capture. The hold has the credits, and the limit was applied when it was made. */
export type CaptureError<Operation extends string = string> =
  | ValidationError
  | AccountStateError
  | DuplicateNonceError<Operation>
  | DuplicateHoldError<Operation>
  | NotFoundError
  | HoldEndedError<Operation>

/** The refusals of a release. */
export type ReleaseError<Operation extends string = string> =
  | ValidationError
  | NotFoundError
  | HoldEndedError<Operation>

/** The refusals of a prolongation. */
export type ProlongError<Operation extends string = string> = ReleaseError<Operation> | AccountStateError

/** The refusals of a void. No limit applies to it, and it gives no credits. */
export type VoidError<Operation extends string = string> =
  | Exclude<HoldError<Operation>, LimitReachedError<Operation>>
  | NotFoundError
  | LotEndedError

/** The refusals of an overdraft. */
export type OverdraftError =
  | ValidationError
  | OverdraftInUseError
  | BalanceOutOfRangeError
  | AccountStateError

/** The refusals of all of the ledger's commands. A failure is not one of them. */
export type Refusal<Operation extends string = string> =
  | PostingError<Operation>
  | CorrectionError<Operation>
  | CaptureError<Operation>
  | ReleaseError<Operation>
  | ProlongError<Operation>
  | VoidError<Operation>
  | OverdraftError

/**
 * The classes of a command's refusals, each under its name. The type is exact: a table with a missing or an additional
 * class does not compile.
 */
export type RefusalClasses<Refused extends Refusal> = {
  readonly [Name in Refused['name']]: new (
    ...args: never[]
  ) => Extract<Refused, { readonly name: Name }>
} & { readonly [Other in Exclude<Refusal['name'], Refused['name']>]?: never }

// In the order of the graph's unions.

export const postingErrors = {
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  DuplicateHoldError,
  BalanceOutOfRangeError,
  AccountStateError,
  LimitReachedError,
} satisfies RefusalClasses<PostingError>

export const holdErrors = {
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  DuplicateHoldError,
  AccountStateError,
  LimitReachedError,
} satisfies RefusalClasses<HoldError>

export const correctionErrors = {
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  DuplicateHoldError,
  BalanceOutOfRangeError,
  AccountStateError,
  NotFoundError,
  NotReversibleError,
  AlreadyReversedError,
  RefundExceededError,
} satisfies RefusalClasses<CorrectionError>

export const captureErrors = {
  ValidationError,
  AccountStateError,
  DuplicateNonceError,
  DuplicateHoldError,
  NotFoundError,
  HoldEndedError,
} satisfies RefusalClasses<CaptureError>

export const releaseErrors = {
  ValidationError,
  NotFoundError,
  HoldEndedError,
} satisfies RefusalClasses<ReleaseError>

export const prolongErrors = {
  ...releaseErrors,
  AccountStateError,
} satisfies RefusalClasses<ProlongError>

export const voidErrors = {
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  DuplicateHoldError,
  AccountStateError,
  NotFoundError,
  LotEndedError,
} satisfies RefusalClasses<VoidError>

export const overdraftErrors = {
  ValidationError,
  OverdraftInUseError,
  BalanceOutOfRangeError,
  AccountStateError,
} satisfies RefusalClasses<OverdraftError>

/** Whether an error is one of these refusals. */
export function isOneOf<Refused extends Refusal>(
  refusals: RefusalClasses<Refused>,
  error: LedgerError,
): error is Refused {
  return Object.hasOwn(refusals, error.name)
}

/**
 * Returns the classes of a command's refusals, for an app's own field that runs the command.
 *
 * @example
 * ```ts
 * errors: { types: [...errorsOf(ledger.postEntry), RoundNotFoundError], directResult: true }
 * ```
 */
export function errorsOf<Class>(command: {
  // Without exactOptionalPropertyTypes, a refusal that the command does not have counts as undefined.
  readonly refusals: Readonly<Record<string, Class | undefined>>
}): readonly Class[] {
  return Object.values(command.refusals).filter((each) => each !== undefined)
}
