import { LedgerClientError } from './errors.ts'
import type {
  CorrectionRefusal,
  HoldEndedRefusal,
  LotEndedRefusal,
  OverdraftInUseRefusal,
  PostingRefusal,
} from './refusals.ts'

/** What a mutation of the ledger returns. */
export interface Outcome {
  readonly __typename: string
}

/** The outcome of a mutation that did what was asked. */
export type SuccessOf<Of extends Outcome> = Extract<Of, { readonly __typename: `${string}Success` }>
/** The outcomes of a mutation that was refused. */
type RefusalOf<Of extends Outcome> = Extract<Of, { readonly code: string }>
/** The outcomes that say what the nonce was used for. */
export type DuplicateOf<Of extends Outcome> = Extract<Of, { readonly identical: boolean }>

/** A refusal as callers get it. */
export type Refused<Of extends Outcome> = RefusalOf<Of> & { readonly ok: false }
/** A success or a refusal as callers get it. */
export type Told<Of extends Outcome> = (SuccessOf<Of> & { readonly ok: true }) | Refused<Of>

type KnownRefusal =
  | PostingRefusal
  | CorrectionRefusal
  | HoldEndedRefusal
  | LotEndedRefusal
  | OverdraftInUseRefusal

/** The refusals that the types describe. */
const knownRefusals: Readonly<Record<KnownRefusal['__typename'], true>> = {
  ValidationError: true,
  InsufficientBalanceError: true,
  DuplicateNonceError: true,
  DuplicateHoldError: true,
  BalanceOutOfRangeError: true,
  AccountStateError: true,
  LimitReachedError: true,
  NotFoundError: true,
  NotReversibleError: true,
  AlreadyReversedError: true,
  RefundExceededError: true,
  HoldEndedError: true,
  LotEndedError: true,
  OverdraftInUseError: true,
}

/**
 * Adds `ok` to an outcome.
 *
 * @throws LedgerClientError for an outcome that this version of the client does not know
 */
export function tell<Of extends Outcome>(outcome: Of): Told<Of> {
  if (isSuccess(outcome)) return { ok: true, ...outcome }
  if (isRefusal(outcome)) return { ok: false, ...outcome }
  throw unknownOutcome(outcome)
}

export function isDuplicate<Of extends Outcome>(outcome: Of): outcome is Of & DuplicateOf<Of> {
  return 'identical' in outcome
}

function isSuccess<Of extends Outcome>(outcome: Of): outcome is Of & SuccessOf<Of> {
  return outcome.__typename.endsWith('Success')
}

function isRefusal<Of extends Outcome>(outcome: Of): outcome is Of & RefusalOf<Of> {
  return Object.hasOwn(knownRefusals, outcome.__typename)
}

/** A later server may have refusals that this client does not know. Each has a code and a message. */
function unknownOutcome(outcome: Outcome & { code?: string; message?: string }): LedgerClientError {
  const {
    code = 'UNKNOWN_OUTCOME',
    message = `The server answered with ${outcome.__typename}, which this client does not know.`,
  } = outcome
  return new LedgerClientError({ code, message, retryable: false })
}
