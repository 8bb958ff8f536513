import type { AccountState } from '../account-state.ts'
import type { LedgerBalance, LedgerEntry, LedgerHold } from '../entry.ts'
import {
  AccountStateError,
  AlreadyReversedError,
  BalanceOutOfRangeError,
  DuplicateHoldError,
  DuplicateNonceError,
  HoldEndedError,
  InsufficientBalanceError,
  LimitReachedError,
  LotEndedError,
  NotFoundError,
  NotReversibleError,
  OverdraftInUseError,
  RefundExceededError,
  ServerOutdatedError,
  ValidationError,
} from '../errors.ts'
import { limits } from '../limits.ts'
import { messages } from '../messages.ts'
import { inCredits } from '../operations/amount.ts'
import type { Refusal } from '../refusals.ts'
import type { EntryRow, HoldRow, RowReader } from '../rows.ts'
import { accountKey } from './accounts.ts'
import type { Draft } from './draft.ts'

/** What was posted: the entries in order, and the balances of their owners after them. */
export interface PostedDraft<Operation extends string = string> {
  readonly entries: readonly LedgerEntry<Operation>[]
  readonly balances: readonly LedgerBalance[]
  /** The hold as a capture left it. Left out when there is none, or what was posted was read later. */
  readonly captured?: LedgerHold<Operation>
}

/** The result of a draft without an entry: the hold, if it is about one, and the balance. */
interface SetAside<Operation extends string = string> {
  readonly hold: LedgerHold<Operation> | null
  readonly balance: LedgerBalance
}

/** What was written for a draft. */
export type Written<Operation extends string = string> = PostedDraft<Operation> | SetAside<Operation>

/** The outcome of a draft. */
export type Settled<Operation extends string> = Written<Operation> | Refusal<Operation>

/** The columns that `ledger.post_<app>` returns: by draft, then by line. */
export interface Answer {
  /** Null when the lines were posted. */
  readonly answers: readonly (Outcome | null)[]
  readonly now: string
  /** Null when all moments are now. */
  readonly moments: readonly string[] | null
  readonly transactions: readonly (string | null)[]
  readonly ids: readonly (number | null)[]
  readonly seqs: readonly (number | null)[]
  readonly balances: readonly (number | null)[]
  /** Null when all are 0. */
  readonly overdrafts: readonly number[] | null
  readonly held: readonly number[] | null
  /** Null when all are open, as an account is whose state is null. */
  readonly states: readonly (AccountState | null)[] | null
  /** Null when they are those of the lines. */
  readonly amounts?: readonly (number | null)[] | null
  /** The holds as captures left them. Null when no line is a capture. */
  readonly holds?: readonly (HoldRow | null)[] | null
  /** The credits of lots that expired at once after an entry gave them back. Null when there are none. */
  readonly lapsed?: readonly number[] | null
}

/** What `ledger.append_<app>` returns when it has posted its entry. */
export interface Appended {
  readonly now: string
  readonly transaction: string
  readonly id: number
  readonly seq: number
  readonly balance: number
  readonly overdraft: number
  readonly held: number
}

/** Converts it to an answer of one line. */
export function answerOf({ now, transaction, id, seq, balance, overdraft, held }: Appended): Answer {
  return {
    ...{ answers: [null], now, moments: null, transactions: [transaction], ids: [id], seqs: [seq] },
    ...{ balances: [balance], overdrafts: [overdraft], held: [held], states: null },
  }
}

/** The outcome of a draft that was not posted, or makes no entry. */
export type Outcome = DuplicateOutcome | RefusedOutcome | SetAsideOutcome | BusyOutcome

interface DuplicateOutcome {
  readonly outcome: 'duplicate'
  readonly entry: EntryRow | null
  readonly hold: HoldRow | null
  readonly identical: boolean
  /** Whether an earlier attempt of the same draft posted it. */
  readonly own: boolean | null
  readonly balance: BalanceRow
}

/** Some of the accounts are locked elsewhere, and the draft was not judged. The accounts are given by their numbers. */
interface BusyOutcome {
  readonly outcome: 'busy'
  readonly accounts: readonly number[]
}

/** A line that made no entry. `details` is its hold. */
interface SetAsideOutcome {
  readonly outcome: 'held' | 'prolonged' | 'released' | 'set'
  readonly details: HoldRow | null
  readonly balance: BalanceRow
}

/** Why a draft was refused. */
type RefusalOutcome = DuplicateOutcome | RefusedOutcome

/** `line` is the index of the first refused entry, from 0. */
type RefusedOutcome = { readonly line: number; readonly balance: BalanceRow } & (
  | { readonly outcome: 'invalid' | 'balance_out_of_range' | 'entry_not_found' | 'hold_not_found' }
  | { readonly outcome: 'operation_retired' | 'not_reversible' | 'already_reversed' | 'expiry_passed' }
  | { readonly outcome: 'lot_not_found' | 'lot_ended' | 'lot_held' }
  /** The least that the overdraft can be. */
  | { readonly outcome: 'overdraft_in_use'; readonly details: number }
  | { readonly outcome: 'not_the_maker' | 'account_frozen' | 'account_closed' | 'account_not_empty' }
  /** The credits that were available to the entry. */
  | { readonly outcome: 'insufficient_balance'; readonly details: number }
  /** When the next one is possible. */
  | { readonly outcome: 'limit_reached'; readonly details: number | null }
  /** How many credits refunds may still give back. */
  | { readonly outcome: 'already_refunded' | 'refund_exceeded'; readonly details: number }
  | {
      readonly outcome:
        | 'hold_captured'
        | 'hold_released'
        | 'hold_expired'
        | 'hold_too_long'
        | 'capture_exceeded'
      readonly details: HoldRow
    }
)

/** A balance as the ledger's functions return it: of an account whose book the caller knows. */
type BalanceRow = Omit<LedgerBalance, 'book'>

/** Returns the balance of the account of an outcome's line. */
export function balanceOf(
  { balance, line = 0 }: { readonly balance: BalanceRow; readonly line?: number },
  { lines }: Draft,
): LedgerBalance {
  return { ...balance, book: given(lines[line]).book }
}

/** Returns the error for a refused draft. */
export function refusalError<Operation extends string>(
  refused: RefusalOutcome,
  draft: Draft,
  rows: RowReader<Operation>,
): Refusal<Operation> {
  if (refused.outcome === 'duplicate') {
    const { entry, hold, identical } = refused
    const { book } = given(entry ?? hold)
    const balance = { ...refused.balance, book }
    if (entry) return new DuplicateNonceError(rows.entry(entry), identical, balance)
    return new DuplicateHoldError(rows.hold(given(hold)), identical, balance)
  }
  const { line: index } = refused
  const line = given(draft.lines[index])
  const balance = balanceOf(refused, draft)
  switch (refused.outcome) {
    case 'invalid':
      return new ValidationError(draft.problems)
    case 'operation_retired': {
      const { operation, path = '' } = line
      return new ValidationError([{ field: `${path}operation`, message: messages.retired(operation ?? '') }])
    }
    case 'insufficient_balance': {
      const amounts = { needed: Math.abs(line.amount ?? 0), available: refused.details }
      return new InsufficientBalanceError(balance, amounts, index)
    }
    case 'balance_out_of_range':
      return new BalanceOutOfRangeError(balance, index)
    case 'overdraft_in_use':
      return new OverdraftInUseError(balance, refused.details)
    case 'not_the_maker': {
      const field = line.operation === null ? 'book' : `${line.path ?? ''}operation`
      return new ValidationError([{ field, message: messages.notTheMaker(line.book) }])
    }
    case 'account_frozen':
      return new AccountStateError('ACCOUNT_FROZEN', balance, index)
    case 'account_closed':
      return new AccountStateError('ACCOUNT_CLOSED', balance, index)
    case 'account_not_empty':
      return new AccountStateError('ACCOUNT_NOT_EMPTY', balance, index)
    case 'limit_reached': {
      const nextOn = refused.details === null ? null : new Date(refused.details)
      const { operation } = rows.operation(line.operation ?? '')
      if (operation === null) throw new Error(`ledger.post told a limit of ${line.operation}, which has none`)
      return new LimitReachedError(line.ownerId, operation, nextOn, index)
    }
    case 'entry_not_found':
      return new NotFoundError('ENTRY_NOT_FOUND', line.reverses ?? line.refunds ?? '')
    case 'not_reversible':
      return new NotReversibleError('Corrections, expiries and voids cannot be reversed or refunded.')
    case 'already_reversed':
      return new AlreadyReversedError(`Entry ${line.reverses ?? line.refunds} has already been reversed.`)
    case 'already_refunded': {
      const rest = `Entry ${line.reverses} was refunded in part; refund the rest: ${inCredits(refused.details)}.`
      return new RefundExceededError(rest, refused.details)
    }
    case 'refund_exceeded': {
      const rest = `${inCredits(refused.details)} of entry ${line.refunds} can still be refunded.`
      return new RefundExceededError(rest, refused.details)
    }
    case 'hold_not_found':
      return new NotFoundError('HOLD_NOT_FOUND', line.captures ?? line.prolongs ?? line.releases ?? '')
    case 'expiry_passed':
      return new ValidationError([{ field: `${line.path ?? ''}expiresOn`, message: 'has passed' }])
    case 'lot_not_found':
      return new NotFoundError('LOT_NOT_FOUND', line.voids ?? '')
    case 'lot_ended':
      return new LotEndedError('LOT_ENDED', line.voids ?? '')
    case 'lot_held':
      return new LotEndedError('LOT_HELD', line.voids ?? '')
    case 'hold_captured':
      return new HoldEndedError('HOLD_CAPTURED', rows.hold(refused.details))
    case 'hold_released':
      return new HoldEndedError('HOLD_RELEASED', rows.hold(refused.details))
    case 'hold_expired':
      return new HoldEndedError('HOLD_EXPIRED', rows.hold(refused.details))
    case 'hold_too_long': {
      const latest = new Date(refused.details.createdOn + limits.holdSeconds * 1000).toISOString()
      const message = `must not be later than ${latest}, ${limits.holdSeconds / 86_400} days after the hold was made`
      return new ValidationError([{ field: 'expiresOn', message }])
    }
    case 'capture_exceeded': {
      const { amount, captured } = refused.details
      const message = `must be from 1 to ${inCredits(amount - captured)}, which the hold keeps`
      return new ValidationError([{ field: 'amount', message }])
    }
    default:
      throw unknownRefusal(refused)
  }
}

/** Makes the error for a reason that only a newer server knows. */
function unknownRefusal({ outcome }: { readonly outcome: string } | never): ServerOutdatedError {
  const message = `The database refuses a posting for the reason ${outcome}, which this server does not know. Update the server.`
  return new ServerOutdatedError({ cause: new Error(message) })
}

/** Returns what was posted for a draft. Its lines begin at `first` in the answer's columns. */
export function postedDraft<Operation extends string>(
  {
    now,
    moments,
    transactions,
    ids,
    seqs,
    balances,
    overdrafts,
    held,
    states,
    amounts,
    holds,
    lapsed,
  }: Answer,
  { draft, index, first }: { readonly draft: Draft; readonly index: number; readonly first: number },
  rows: RowReader<Operation>,
): PostedDraft<Operation> {
  const { nonce, metadata } = draft
  const shared = {
    nonce: given(nonce),
    metadata,
    transactionId: given(transactions[index]),
    createdOn: new Date(moments?.[index] ?? now),
  }
  const after = new Map<string, LedgerBalance>()
  const lapsedOf = new Map<string, number>()
  const entries = draft.lines.map((line, offset): LedgerEntry<Operation> => {
    const {
      ownerId,
      book,
      operation,
      amount,
      reverses = null,
      refunds = null,
      captures: holdId = null,
    } = line
    const at = first + offset
    const balance = given(balances[at])
    const account = { overdraft: overdrafts?.[at] ?? 0, held: held?.[at] ?? 0 }
    const key = accountKey(line)
    lapsedOf.set(key, (lapsedOf.get(key) ?? 0) + (lapsed?.[at] ?? 0))
    const left = balance - (lapsedOf.get(key) ?? 0)
    const available = left - account.held + account.overdraft
    const state = states?.[at] ?? 'OPEN'
    after.set(key, { ownerId, book, amount: left, ...account, available, state })
    return {
      ...shared,
      ...rows.operation(given(operation)),
      id: String(given(ids[at])),
      ownerId,
      book,
      seq: given(seqs[at]),
      amount: given(amounts?.[at] ?? amount),
      balanceAfter: balance,
      reverses,
      refunds,
      holdId,
    }
  })
  const hold = holds?.[first]
  return { entries, balances: [...after.values()], ...(hold && { captured: rows.hold(hold) }) }
}

/** @throws Error when the database left out a value that it must return */
function given<Value>(value: Value | null | undefined): Value {
  if (value == null) throw new Error('ledger.post left something out')
  return value
}
