import { inCredits } from '../amount.ts'
import type { LedgerBalance } from '../entry.ts'
import {
  AlreadyReversedError,
  BalanceOutOfRangeError,
  DuplicateHoldError,
  DuplicateNonceError,
  HoldEndedError,
  InsufficientBalanceError,
  LimitReachedError,
  NotFoundError,
  NotReversibleError,
  RefundExceededError,
  ValidationError,
} from '../errors.ts'
import type { Refusal } from '../refusals.ts'
import type { EntryRow, HoldRow, RowReader } from '../rows.ts'
import { type Draft, retiredMessage } from './draft.ts'

/** What became of a transaction, as ledger.post answers it. */
export type Outcome = PostedOutcome | RefusalOutcome | BusyOutcome

interface PostedOutcome {
  readonly outcome: 'posted'
  readonly entries: readonly EntryRow[]
  readonly balances: readonly LedgerBalance[]
}

interface DuplicateOutcome {
  readonly outcome: 'duplicate'
  readonly entry: EntryRow | null
  readonly hold: HoldRow | null
  readonly identical: boolean
  /** Whether an earlier attempt of the same draft has posted it. */
  readonly own: boolean | null
  readonly balance: LedgerBalance
}

/** Some of the accounts, by their numbers, are locked elsewhere: nothing was looked at. */
interface BusyOutcome {
  readonly outcome: 'busy'
  readonly accounts: readonly number[]
}

/** Why a transaction or a hold was refused. */
export type RefusalOutcome = DuplicateOutcome | RefusedOutcome

/** `line` is the first entry that was refused, counted from 0. */
type RefusedOutcome = { readonly line: number; readonly balance: LedgerBalance } & (
  | { readonly outcome: 'invalid' | 'balance_out_of_range' | 'entry_not_found' | 'hold_not_found' }
  | { readonly outcome: 'operation_retired' | 'not_reversible' | 'already_reversed' }
  /** The credits that were available to the entry. */
  | { readonly outcome: 'insufficient_balance'; readonly details: number }
  /** When the next one is possible. */
  | { readonly outcome: 'limit_reached'; readonly details: number | null }
  /** The credits that refunds may still give back. */
  | { readonly outcome: 'already_refunded' | 'refund_exceeded'; readonly details: number }
  | {
      readonly outcome: 'hold_captured' | 'hold_released' | 'hold_expired' | 'capture_exceeded'
      readonly details: HoldRow
    }
)

/** The error that a refused draft amounts to. */
export function refusalError<Operation extends string>(
  refused: RefusalOutcome,
  draft: Draft,
  rows: RowReader<Operation>,
): Refusal<Operation> {
  if (refused.outcome === 'duplicate') {
    const { entry, hold, identical, balance } = refused
    if (entry) return new DuplicateNonceError(rows.entry(entry), identical, balance)
    if (hold) return new DuplicateHoldError(rows.hold(hold), identical, balance)
    throw new Error('the ledger found a nonce used, and not for what')
  }
  const { balance, line: index } = refused
  const line = draft.lines[index]
  if (!line) throw new Error(`ledger.post refused entry ${index} of ${draft.lines.length}`)
  switch (refused.outcome) {
    case 'invalid':
      return new ValidationError(draft.problems)
    case 'operation_retired': {
      const { operation, path = '' } = line
      return new ValidationError([{ field: `${path}operation`, message: retiredMessage(operation) }])
    }
    case 'insufficient_balance': {
      const amounts = { needed: Math.abs(line.amount ?? 0), available: refused.details }
      return new InsufficientBalanceError(balance, amounts, index)
    }
    case 'balance_out_of_range':
      return new BalanceOutOfRangeError(balance, index)
    case 'limit_reached': {
      const nextOn = refused.details === null ? null : new Date(refused.details)
      const { operation } = rows.operation(line.operation)
      if (operation === null) throw new Error(`ledger.post told a limit of ${line.operation}, which has none`)
      return new LimitReachedError(line.ownerId, operation, nextOn, index)
    }
    case 'entry_not_found':
      return new NotFoundError('ENTRY_NOT_FOUND', line.reverses ?? line.refunds ?? '')
    case 'not_reversible':
      return new NotReversibleError('A reversal or a refund is neither reversed nor refunded.')
    case 'already_reversed':
      return new AlreadyReversedError(`Entry ${line.reverses ?? line.refunds} was reversed before.`)
    case 'already_refunded': {
      const rest = `Entry ${line.reverses} was refunded in part; refund the rest: ${inCredits(refused.details)}.`
      return new RefundExceededError(rest, refused.details)
    }
    case 'refund_exceeded': {
      const rest = `Of entry ${line.refunds}, ${inCredits(refused.details)} can still be refunded.`
      return new RefundExceededError(rest, refused.details)
    }
    case 'hold_not_found':
      return new NotFoundError('HOLD_NOT_FOUND', line.holdId ?? '')
    case 'hold_captured':
      return new HoldEndedError('HOLD_CAPTURED', rows.hold(refused.details))
    case 'hold_released':
      return new HoldEndedError('HOLD_RELEASED', rows.hold(refused.details))
    case 'hold_expired':
      return new HoldEndedError('HOLD_EXPIRED', rows.hold(refused.details))
    case 'capture_exceeded': {
      const message = `must be from 1 to ${inCredits(refused.details.amount)}, which the hold keeps`
      return new ValidationError([{ field: 'amount', message }])
    }
  }
}
