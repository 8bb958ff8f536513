import { LedgerClientError } from './errors.ts'
import type { PostEntryMutation } from './generated/documents.ts'
import type { ForOperations, LedgerBalance, LedgerEntry, SharedOperation } from './types.ts'

type Outcome<Operation extends string> = ForOperations<PostEntryMutation['postLedgerEntry'], Operation>
type Refusal<Operation extends string, Name> = Extract<Outcome<Operation>, { __typename: Name }> & {
  readonly ok: false
}

/** The entry was posted. */
export interface PostEntrySuccess<Operation extends string = SharedOperation> {
  readonly ok: true
  readonly __typename: 'PostLedgerEntrySuccess'
  readonly entry: LedgerEntry<Operation>
  /** The balance after the entry; when replayed, the current one. */
  readonly balance: LedgerBalance
  /** Whether an earlier attempt of this call, or (see `postEntry`) a call before it, had posted the entry. */
  readonly replayed: boolean
}

/** A field breaks a rule; `errors` names each. */
export interface ValidationRefusal extends Refusal<SharedOperation, 'ValidationError'> {}

/** The account has fewer credits than the posting takes. */
export interface InsufficientBalanceRefusal extends Refusal<SharedOperation, 'InsufficientBalanceError'> {}

/** The owner has a posting with this nonce, in `entry`; `identical` when it was the same request. */
export interface DuplicateNonceRefusal<Operation extends string = SharedOperation>
  extends Refusal<Operation, 'DuplicateNonceError'> {}

/** The balance would go beyond 2^53 - 1 credits. */
export interface BalanceOutOfRangeRefusal extends Refusal<SharedOperation, 'BalanceOutOfRangeError'> {}

/** How a posting ended: posted, or refused for a reason that `__typename` tells and `code` and `message` explain. */
export type PostEntryResult<Operation extends string = SharedOperation> =
  | PostEntrySuccess<Operation>
  | ValidationRefusal
  | InsufficientBalanceRefusal
  | DuplicateNonceRefusal<Operation>
  | BalanceOutOfRangeRefusal

/**
 * The server's outcome as a result. `ours`: a duplicate may be this call's own earlier attempt, so that an
 * identical one is a success.
 * @throws LedgerClientError for a refusal that this version of the client does not know.
 */
export function toResult<Operation extends string>(
  outcome: Outcome<Operation>,
  { ours }: { ours: boolean },
): PostEntryResult<Operation> {
  switch (outcome.__typename) {
    case 'PostLedgerEntrySuccess':
      return { ok: true, ...outcome, replayed: false }
    case 'DuplicateNonceError': {
      const { entry, balance, identical } = outcome
      if (!ours || !identical) return { ok: false, ...outcome }
      return { ok: true, __typename: 'PostLedgerEntrySuccess', entry, balance, replayed: true }
    }
    case 'ValidationError':
    case 'InsufficientBalanceError':
    case 'BalanceOutOfRangeError':
      return { ok: false, ...outcome }
    default:
      throw unknownRefusal(outcome)
  }
}

/** A later server may refuse for reasons of its own; each of them has a code and a message. */
function unknownRefusal({ code, message }: { code?: string; message?: string }): LedgerClientError {
  return new LedgerClientError({
    code: code ?? 'UNKNOWN_OUTCOME',
    message: message ?? 'The server answered with an outcome that this client does not know.',
    retryable: false,
  })
}
