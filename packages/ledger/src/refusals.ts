import {
  AlreadyReversedError,
  BalanceOutOfRangeError,
  DuplicateHoldError,
  DuplicateNonceError,
  HoldEndedError,
  InsufficientBalanceError,
  type LedgerError,
  LimitReachedError,
  NotFoundError,
  NotReversibleError,
  OverdraftInUseError,
  RefundExceededError,
  ValidationError,
} from './errors.ts'

/** The refusals that any posting may meet. */
export type PostingError<Operation extends string = string> =
  | ValidationError
  | InsufficientBalanceError
  | DuplicateNonceError<Operation>
  | DuplicateHoldError<Operation>
  | BalanceOutOfRangeError
  | LimitReachedError<Operation>

/** The refusals that a hold may meet: what it takes is there, so that no balance goes out of its range. */
export type HoldError<Operation extends string = string> = Exclude<
  PostingError<Operation>,
  BalanceOutOfRangeError
>

/** The refusals that a reversal or a refund may meet: neither counts towards a limit. */
export type CorrectionError<Operation extends string = string> =
  | Exclude<PostingError<Operation>, LimitReachedError<Operation>>
  | NotFoundError
  | NotReversibleError
  | AlreadyReversedError
  | RefundExceededError

/** The refusals that a capture may meet: its hold has the credits, and was judged by the limit. */
export type CaptureError<Operation extends string = string> =
  | ValidationError
  | DuplicateNonceError<Operation>
  | DuplicateHoldError<Operation>
  | NotFoundError
  | HoldEndedError<Operation>

/** The refusals that a release may meet. */
export type ReleaseError<Operation extends string = string> =
  | ValidationError
  | NotFoundError
  | HoldEndedError<Operation>

/** The refusals that an overdraft may meet. */
export type OverdraftError = ValidationError | OverdraftInUseError | BalanceOutOfRangeError

/** A refusal, rather than a failure, of any of the ledger's commands. */
export type Refusal<Operation extends string = string> =
  | PostingError<Operation>
  | CorrectionError<Operation>
  | CaptureError<Operation>
  | ReleaseError<Operation>
  | OverdraftError

/**
 * The classes of a command's refusals, each under its name. The type is exact both ways: a table that lacks one of them
 * does not compile, nor does one that has another.
 */
export type RefusalClasses<Refused extends Refusal> = {
  readonly [Name in Refused['name']]: new (
    ...args: never[]
  ) => Extract<Refused, { readonly name: Name }>
} & { readonly [Other in Exclude<Refusal['name'], Refused['name']>]?: never }

// In the order in which a graph's unions have them.

export const postingErrors = {
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  DuplicateHoldError,
  BalanceOutOfRangeError,
  LimitReachedError,
} satisfies RefusalClasses<PostingError>

export const holdErrors = {
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  DuplicateHoldError,
  LimitReachedError,
} satisfies RefusalClasses<HoldError>

export const correctionErrors = {
  ValidationError,
  InsufficientBalanceError,
  DuplicateNonceError,
  DuplicateHoldError,
  BalanceOutOfRangeError,
  NotFoundError,
  NotReversibleError,
  AlreadyReversedError,
  RefundExceededError,
} satisfies RefusalClasses<CorrectionError>

export const captureErrors = {
  ValidationError,
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

export const overdraftErrors = {
  ValidationError,
  OverdraftInUseError,
  BalanceOutOfRangeError,
} satisfies RefusalClasses<OverdraftError>

/** Whether an error is one of these refusals. */
export function isOneOf<Refused extends Refusal>(
  refusals: RefusalClasses<Refused>,
  error: LedgerError,
): error is Refused {
  return Object.hasOwn(refusals, error.name)
}

/**
 * The classes of the refusals that a command can have, for an app's own field that runs it.
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
