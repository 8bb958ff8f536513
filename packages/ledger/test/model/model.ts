// The rules of the ledger in memory, one request after another: no SQL, no locks, and nothing stored that can be
// counted from the entries and holds.
import {
  type AccountState,
  type LedgerBalance,
  type LedgerMetadata,
  maxCredits,
  type OperationLimit,
} from '../../src/index.ts'

import { type Book, bookOf, type Operation, operations, stateOf } from './operations.ts'
import { anchoredWindow, nextWindow, windowStart } from './windows.ts'

export type ModelBalance = Omit<LedgerBalance, 'book' | 'seenIn'> & { readonly book: Book }

export interface ModelEntry {
  readonly id: number
  readonly ownerId: string
  readonly book: Book
  readonly seq: number
  readonly operation: Operation
  readonly amount: number
  readonly balanceAfter: number
  readonly nonce: string
  readonly transactionId: number
  readonly metadata: LedgerMetadata
  readonly createdOn: number
  readonly reverses: number | null
  readonly refunds: number | null
  readonly holdId: number | null
}

interface ModelHold {
  readonly id: number
  readonly ownerId: string
  readonly book: Book
  readonly operation: Operation
  readonly amount: number
  readonly nonce: string
  readonly metadata: LedgerMetadata
  readonly createdOn: number
  readonly expiresOn: number
  readonly releasedOn: number | null
  readonly capturedBy: number | null
}

/** A hold as it is returned, with its status at that moment. */
export type HoldAnswer = ModelHold & { readonly status: 'HELD' | 'CAPTURED' | 'RELEASED' | 'EXPIRED' }

/** What became of a request: what was done, or the code of the refusal and its details. */
export type Outcome =
  | {
      readonly code: 'POSTED'
      readonly entries: readonly ModelEntry[]
      readonly balances: readonly ModelBalance[]
      readonly hold?: HoldAnswer
    }
  | { readonly code: 'HELD' | 'RELEASED'; readonly hold: HoldAnswer; readonly balance: ModelBalance }
  | { readonly code: 'OVERDRAFT_SET' | 'OVERDRAFT_IN_USE'; readonly balance: ModelBalance }
  | { readonly code: 'VALIDATION_ERROR'; readonly fields: readonly string[] }
  | {
      readonly code: 'DUPLICATE_NONCE'
      readonly entry: ModelEntry | null
      readonly hold: HoldAnswer | null
      readonly identical: boolean
      readonly balance: ModelBalance
    }
  | {
      readonly code: 'INSUFFICIENT_BALANCE'
      readonly balance: ModelBalance
      readonly entryIndex: number
      readonly needed: number
      readonly available: number
    }
  | {
      readonly code: 'BALANCE_OUT_OF_RANGE' | 'ACCOUNT_FROZEN' | 'ACCOUNT_CLOSED' | 'ACCOUNT_NOT_EMPTY'
      readonly balance: ModelBalance
      readonly entryIndex: number
    }
  | {
      readonly code: 'LIMIT_REACHED'
      readonly ownerId: string
      readonly operation: Operation
      readonly nextOn: number | null
      readonly entryIndex: number
    }
  | { readonly code: 'REFUND_EXCEEDED'; readonly refundable: number }
  | { readonly code: 'HOLD_CAPTURED' | 'HOLD_RELEASED' | 'HOLD_EXPIRED'; readonly hold: HoldAnswer }
  | { readonly code: 'TRANSACTION_NOT_FOUND' | 'ENTRY_NOT_FOUND' | 'HOLD_NOT_FOUND' }
  | { readonly code: 'LOT_NOT_FOUND' | 'LOT_ENDED' | 'LOT_HELD' | 'NOT_REVERSIBLE' | 'ALREADY_REVERSED' }

/** One entry of a request. */
export interface ModelLine {
  readonly ownerId: string
  readonly operation: Operation
  /** Signed credits. */
  readonly amount: number
  /** The caller's amount, or null when it was left out. */
  readonly requested: number | null
  readonly reverses?: number
  readonly refunds?: number
  readonly holdId?: number
}

/** A request for a transaction. */
export interface ModelRequest {
  readonly nonce: string
  readonly metadata: LedgerMetadata
  readonly lines: readonly ModelLine[]
  /** The fields that the app's rules refuse. */
  readonly invalid: readonly string[]
}

/** An owner's account in a book. */
export interface Place {
  readonly ownerId: string
  readonly book: Book
}

interface Transaction {
  readonly id: number
  readonly entries: readonly ModelEntry[]
}

interface Account extends Place {
  overdraft: number
  state: AccountState
  /** The latest moment at which anything was written. Later writes are never earlier, whatever the clock does. */
  updatedOn: number
  readonly entries: ModelEntry[]
  readonly holds: Map<number, ModelHold>
  /** What each nonce was used for: the transaction or the hold. */
  readonly nonces: Map<string, { readonly transaction: Transaction } | { readonly holdId: number }>
}

interface State {
  readonly accounts: Map<string, Account>
  readonly entries: Map<number, ModelEntry>
  readonly transactions: Map<number, Transaction>
  /** The account of each hold. */
  readonly holds: Map<number, Place>
}

/** Thrown to refuse a request. */
class Refused extends Error {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super(outcome.code)
    this.outcome = outcome
  }
}

export class LedgerModel {
  /** Milliseconds since 1970. */
  now = 0
  #state: State = { accounts: new Map(), entries: new Map(), transactions: new Map(), holds: new Map() }
  #isDryRun = false

  /** The ids of everything posted so far, in order. */
  get known() {
    const { entries, transactions, holds } = this.#state
    return { entries: [...entries.keys()], transactions: [...transactions.keys()], holds: [...holds.keys()] }
  }

  /** Returns the outcome of `run`, with the id 0 for anything new, and forgets its effects. */
  dryRun<T>(run: () => T): T {
    const { accounts, entries, transactions, holds } = this.#state
    const before = {
      accounts: new Map(accounts),
      entries: new Map(entries),
      transactions: new Map(transactions),
      holds: new Map(holds),
    }
    this.#isDryRun = true
    try {
      return run()
    } finally {
      this.#isDryRun = false
      this.#state = before
    }
  }

  /** Posts a transaction: all of its lines or none. */
  post({ nonce, metadata, lines, invalid }: ModelRequest): Outcome {
    return answer(() => {
      for (const line of lines) {
        const account = this.#accountOf(line)
        const used = account.nonces.get(nonce)
        if (!used) continue
        const identical = 'transaction' in used && isSame(used.transaction.entries, metadata, lines)
        throw new Refused(this.#duplicate(account, used, identical))
      }
      if (invalid.length > 0) throw new Refused({ code: 'VALIDATION_ERROR', fields: invalid })

      const accounts = new Map(lines.map((line) => [keyOf(accountOf(line)), copyOf(this.#accountOf(line))]))
      const at = Math.max(this.now, ...[...accounts.values()].map(({ updatedOn }) => updatedOn))
      const transactionId = this.#isDryRun ? 0 : this.#state.transactions.size + 1
      const entries: ModelEntry[] = []
      for (const [entryIndex, line] of lines.entries()) {
        const account = accounts.get(keyOf(accountOf(line))) ?? this.#accountOf(line)
        this.#judge(account, line, at, entryIndex)
        const entry = {
          id: this.#isDryRun ? 0 : this.#state.entries.size + entries.length + 1,
          ...accountOf(line),
          seq: account.entries.length + 1,
          operation: line.operation,
          amount: line.amount,
          balanceAfter: amountOf(account) + line.amount,
          nonce,
          transactionId,
          metadata,
          createdOn: at,
          reverses: line.reverses ?? null,
          refunds: line.refunds ?? null,
          holdId: line.holdId ?? null,
        }
        account.entries.push(entry)
        if (!isCorrection(entry)) account.state = stateOf(line.operation) ?? account.state
        const hold = capturedBy(account, line)
        if (hold) account.holds.set(hold.id, { ...hold, releasedOn: at, capturedBy: entry.id })
        entries.push(entry)
      }

      const transaction = { id: transactionId, entries }
      this.#state.transactions.set(transactionId, transaction)
      for (const entry of entries) this.#state.entries.set(entry.id, entry)
      for (const account of accounts.values()) {
        account.nonces.set(nonce, { transaction })
        account.updatedOn = at
        this.#state.accounts.set(keyOf(account), account)
      }
      return {
        code: 'POSTED',
        entries,
        balances: [...accounts.values()].map((account) => balanceAt(account, at)),
      }
    })
  }

  /** Undoes a transaction, its last entry first. */
  reverse(id: number, { nonce, metadata }: Pick<ModelRequest, 'nonce' | 'metadata'>): Outcome {
    const transaction = this.#state.transactions.get(id)
    if (!transaction) return { code: 'TRANSACTION_NOT_FOUND' }
    const lines = transaction.entries.toReversed().map(({ id: reverses, ownerId, operation, amount }) => {
      const back = amount === 0 ? 0 : -amount
      return { ownerId, operation, amount: back, requested: back, reverses }
    })
    const invalid = lines.some(({ operation }) => stateOf(operation)) ? ['id'] : []
    return this.post({ nonce, metadata, lines, invalid })
  }

  /** Gives a part of an entry back. */
  refund(id: number, amount: number, { nonce, metadata }: Pick<ModelRequest, 'nonce' | 'metadata'>): Outcome {
    const entry = this.#state.entries.get(id)
    if (!entry) return { code: 'ENTRY_NOT_FOUND' }
    const { ownerId, operation } = entry
    const back = entry.amount > 0 ? -amount : amount
    const isAlone =
      !('paired' in operations[operation]) && operation !== 'GEMS_PAID' && operation !== 'GEMS_BOUGHT'
    const invalid = isAlone ? [] : ['id']
    const lines = [{ ownerId, operation, amount: back, requested: back, refunds: id }]
    return this.post({ nonce, metadata, lines, invalid })
  }

  /** Sets credits aside. */
  hold({ nonce, metadata, lines, invalid }: ModelRequest, seconds: number): Outcome {
    return answer(() => {
      const [line] = lines
      if (!line) throw new Error('a hold has a line')
      const account = copyOf(this.#accountOf(line))
      const used = account.nonces.get(nonce)
      if (used) {
        const original = 'holdId' in used ? account.holds.get(used.holdId) : undefined
        const identical =
          original !== undefined &&
          original.operation === line.operation &&
          isEqual(original.metadata, metadata) &&
          (line.requested === null || original.amount === -line.requested) &&
          original.expiresOn - original.createdOn === seconds * 1000
        throw new Refused(this.#duplicate(account, used, identical))
      }
      if (invalid.length > 0) throw new Refused({ code: 'VALIDATION_ERROR', fields: invalid })
      const at = Math.max(this.now, account.updatedOn)
      this.#judge(account, line, at, 0)
      const { operation } = line
      const hold = {
        ...{ id: this.#newHoldId(), ...accountOf(line), operation, amount: -line.amount },
        ...{
          nonce,
          metadata,
          createdOn: at,
          expiresOn: at + seconds * 1000,
          releasedOn: null,
          capturedBy: null,
        },
      }
      account.holds.set(hold.id, hold)
      account.nonces.set(nonce, { holdId: hold.id })
      account.updatedOn = at
      this.#state.holds.set(hold.id, accountOf(line))
      this.#state.accounts.set(keyOf(account), account)
      return { code: 'HELD', hold: holdAt(hold, at), balance: balanceAt(account, at) }
    })
  }

  /** Holds of a dry run are returned with the id 0. Inside, each has its own id below 0. */
  #newHoldId(): number {
    return (this.#state.holds.size + 1) * (this.#isDryRun ? -1 : 1)
  }

  /** Posts the entry that a hold was for. Without an amount it takes all. */
  capture(
    id: number,
    amount: number | null,
    { nonce, metadata }: Pick<ModelRequest, 'nonce' | 'metadata'>,
  ): Outcome {
    const hold = this.#hold(id)
    if (!hold) return { code: 'HOLD_NOT_FOUND' }
    const { ownerId, operation } = hold
    const requested = amount === null ? null : -amount
    const line = { ownerId, operation, amount: requested ?? -hold.amount, requested, holdId: id }
    const outcome = this.post({ nonce, metadata, lines: [line], invalid: [] })
    const captured = this.#hold(id)
    return outcome.code === 'POSTED' && captured
      ? { ...outcome, hold: holdAt(captured, captured.createdOn) }
      : outcome
  }

  /** Makes the credits of a hold available again. */
  release(id: number): Outcome {
    const hold = this.#hold(id)
    if (!hold) return { code: 'HOLD_NOT_FOUND' }
    const account = copyOf(this.#account(hold))
    const at = Math.max(this.now, account.updatedOn)
    if (hold.capturedBy !== null) return { code: 'HOLD_CAPTURED', hold: holdAt(hold, at) }
    const released = isLive(hold, at) ? { ...hold, releasedOn: at } : hold
    if (released !== hold) {
      account.holds.set(id, released)
      account.updatedOn = at
      this.#state.accounts.set(keyOf(account), account)
    }
    return { code: 'RELEASED', hold: holdAt(released, at), balance: balanceAt(account, at) }
  }

  /** Sets how far below 0 a balance may go. */
  setOverdraft(place: Place, limit: number): Outcome {
    const account = copyOf(this.#account(place))
    const at = Math.max(this.now, account.updatedOn)
    const balance = balanceAt(account, at)
    const { state } = account
    if (state === 'CLOSED' || state === 'FROZEN') {
      return { code: state === 'CLOSED' ? 'ACCOUNT_CLOSED' : 'ACCOUNT_FROZEN', balance, entryIndex: 0 }
    }
    if (balance.amount - balance.held + limit < 0) return { code: 'OVERDRAFT_IN_USE', balance }
    if (balance.amount > maxCredits - limit) return { code: 'BALANCE_OUT_OF_RANGE', balance, entryIndex: 0 }
    account.overdraft = limit
    // An unknown owner stays unknown.
    if (limit > 0 || this.#state.accounts.has(keyOf(place))) {
      account.updatedOn = at
      this.#state.accounts.set(keyOf(place), account)
    }
    return { code: 'OVERDRAFT_SET', balance: balanceAt(account, at) }
  }

  balance(place: Place): ModelBalance {
    return balanceAt(this.#account(place), this.#at(place))
  }

  /** Returns what an owner had at a moment. */
  balanceAt(place: Place, moment: number): number {
    const until = this.#account(place).entries.filter(({ createdOn }) => createdOn <= moment)
    return until.at(-1)?.balanceAfter ?? 0
  }

  /** Returns an owner's live holds, newest first. */
  liveHolds(place: Place): HoldAnswer[] {
    const at = this.#at(place)
    const live = [...this.#account(place).holds.values()].filter((hold) => isLive(hold, at))
    return live.map((hold) => holdAt(hold, at)).reverse()
  }

  holdAnswer(id: number): HoldAnswer | null {
    const hold = this.#hold(id)
    return hold ? holdAt(hold, this.#at(hold)) : null
  }

  /** Refuses a line that an account does not allow. */
  #judge(account: Account, line: ModelLine, at: number, entryIndex: number): void {
    const { amount, reverses, refunds, holdId } = line
    const before = this.#accountOf(line)
    const hold = capturedBy(account, line)
    const code = stateRefusal(account, line, at)
    if (code) throw new Refused({ code, balance: balanceAt(before, at), entryIndex })
    if (holdId !== undefined) this.#judgeCapture(hold, amount, at)
    else if (reverses !== undefined || refunds !== undefined) this.#judgeCorrection(account, line)
    else this.#judgeLimit(account, line, at, entryIndex)

    const available = balanceAt(account, at).available + (hold?.amount ?? 0)
    if (amount < 0 && available + amount < 0) {
      const balance = balanceAt(before, at)
      throw new Refused({ code: 'INSUFFICIENT_BALANCE', balance, entryIndex, needed: -amount, available })
    }
    if (amount > maxCredits - account.overdraft - amountOf(account)) {
      throw new Refused({ code: 'BALANCE_OUT_OF_RANGE', balance: balanceAt(before, at), entryIndex })
    }
  }

  #judgeCapture(hold: ModelHold | undefined, amount: number, at: number): void {
    if (!hold) throw new Refused({ code: 'HOLD_NOT_FOUND' })
    const answer = holdAt(hold, at)
    if (answer.status === 'CAPTURED') throw new Refused({ code: 'HOLD_CAPTURED', hold: answer })
    if (answer.status === 'RELEASED') throw new Refused({ code: 'HOLD_RELEASED', hold: answer })
    if (answer.status === 'EXPIRED') throw new Refused({ code: 'HOLD_EXPIRED', hold: answer })
    if (-amount > hold.amount) throw new Refused({ code: 'VALIDATION_ERROR', fields: ['amount'] })
  }

  #judgeCorrection({ entries }: Account, { amount, reverses, refunds }: ModelLine): void {
    const target = entries.find(({ id }) => id === (reverses ?? refunds))
    if (!target) throw new Refused({ code: 'ENTRY_NOT_FOUND' })
    if (target.reverses !== null || target.refunds !== null) throw new Refused({ code: 'NOT_REVERSIBLE' })
    if (entries.some((entry) => entry.reverses === target.id)) throw new Refused({ code: 'ALREADY_REVERSED' })
    const refunded = entries.filter((entry) => entry.refunds === target.id)
    const refundable = Math.abs(refunded.reduce((left, entry) => left + entry.amount, target.amount))
    const isExceeded =
      reverses !== undefined ? refunded.length > 0 : target.amount === 0 || Math.abs(amount) > refundable
    if (isExceeded) throw new Refused({ code: 'REFUND_EXCEEDED', refundable })
  }

  #judgeLimit({ ownerId, entries, holds }: Account, line: ModelLine, at: number, entryIndex: number) {
    const { operation, amount } = line
    const definition = operations[operation]
    if (!('limit' in definition)) return
    const { times, credits, per, anchored }: OperationLimit = definition.limit
    const uses = [
      ...entries.filter((entry) => !isCorrection(entry) && entry.holdId === null),
      ...holds.values(),
    ]
      .filter((use) => use.operation === operation)
      .sort((a, b) => a.createdOn - b.createdOn)
    const moments = uses.map(({ createdOn }) => createdOn)
    const { start, end } = anchored
      ? anchoredWindow(per, at, moments)
      : { start: windowStart(per, at), end: nextWindow(per, at) }
    const counted = uses.filter(({ createdOn }) => createdOn >= start)
    const used = counted.reduce((sum, use) => sum + Math.abs(use.amount), Math.abs(amount))
    if (counted.length < (times ?? Number.POSITIVE_INFINITY) && used <= (credits ?? Number.POSITIVE_INFINITY))
      return
    throw new Refused({ code: 'LIMIT_REACHED', ownerId, operation, nextOn: end, entryIndex })
  }

  #duplicate(
    { ownerId, book }: Place,
    used: { readonly transaction: Transaction } | { readonly holdId: number },
    identical: boolean,
  ): Outcome {
    const account = this.#account({ ownerId, book })
    const at = this.#at(account)
    const balance = balanceAt(account, at)
    if ('transaction' in used) {
      const isOriginal = (entry: ModelEntry) => entry.ownerId === ownerId && entry.book === book
      const entry = used.transaction.entries.find(isOriginal) ?? null
      return { code: 'DUPLICATE_NONCE', entry, hold: null, identical, balance }
    }
    const hold = account.holds.get(used.holdId)
    return { code: 'DUPLICATE_NONCE', entry: null, hold: hold ? holdAt(hold, at) : null, identical, balance }
  }

  /** Returns an owner's account in a book, a new one if there is none. */
  #account({ ownerId, book }: Place): Account {
    const none = { overdraft: 0, updatedOn: 0, entries: [], holds: new Map(), nonces: new Map() }
    const state: AccountState = 'OPEN'
    return this.#state.accounts.get(keyOf({ ownerId, book })) ?? { ownerId, book, state, ...none }
  }

  /** Returns the account of a line. */
  #accountOf(line: ModelLine): Account {
    return this.#account(accountOf(line))
  }

  #hold(id: number): ModelHold | undefined {
    const place = this.#state.holds.get(id)
    return place && this.#account(place).holds.get(id)
  }

  /** Returns the moment that counts for an account. */
  #at(place: Place): number {
    return Math.max(this.now, this.#account(place).updatedOn)
  }
}

/** Returns where the account of a line is. */
function accountOf({ ownerId, operation }: ModelLine): Place {
  return { ownerId, book: bookOf(operation) }
}

function keyOf({ ownerId, book }: Place): string {
  return `${book} ${ownerId}`
}

function answer(run: () => Outcome): Outcome {
  try {
    return run()
  } catch (error) {
    if (error instanceof Refused) return error.outcome
    throw error
  }
}

/** Returns an account to change. Entries and holds never change. */
function copyOf(account: Account): Account {
  return {
    ...account,
    entries: [...account.entries],
    holds: new Map(account.holds),
    nonces: new Map(account.nonces),
  }
}

/** Returns the hold that a line captures. */
function capturedBy({ holds }: Account, { holdId }: ModelLine): ModelHold | undefined {
  return holdId === undefined ? undefined : holds.get(holdId)
}

function isCorrection({ reverses, refunds }: Pick<ModelEntry, 'reverses' | 'refunds'>): boolean {
  return reverses !== null || refunds !== null
}

/** Returns why the state of an account refuses a line, or the account the state of the line. */
function stateRefusal(account: Account, { operation, amount, reverses, refunds }: ModelLine, at: number) {
  const isPosting = reverses === undefined && refunds === undefined
  const sets = isPosting ? stateOf(operation) : undefined
  const { state } = account
  if (state === 'CLOSED') return sets === 'OPEN' ? undefined : 'ACCOUNT_CLOSED'
  if (state === 'FROZEN' && !sets) return 'ACCOUNT_FROZEN'
  if (state === 'SPENDING_FROZEN' && amount < 0) return 'ACCOUNT_FROZEN'
  const { amount: balance, held, overdraft } = balanceAt(account, at)
  const isEmpty = balance === 0 && held === 0 && overdraft === 0
  return sets === 'CLOSED' && !isEmpty ? 'ACCOUNT_NOT_EMPTY' : undefined
}

function amountOf({ entries }: Account): number {
  return entries.at(-1)?.balanceAfter ?? 0
}

function balanceAt(account: Account, at: number): ModelBalance {
  const { ownerId, book, overdraft, holds, state } = account
  const amount = amountOf(account)
  const live = [...holds.values()].filter((hold) => isLive(hold, at))
  const held = live.reduce((sum, hold) => sum + hold.amount, 0)
  return { ownerId, book, amount, overdraft, held, available: amount - held + overdraft, state }
}

function isLive({ expiresOn, releasedOn }: ModelHold, at: number): boolean {
  return releasedOn === null && expiresOn > at
}

function holdAt(hold: ModelHold, at: number): HoldAnswer {
  const told = { ...hold, id: Math.max(hold.id, 0) }
  if (hold.capturedBy !== null) return { ...told, status: 'CAPTURED' }
  if (hold.releasedOn !== null) return { ...told, status: 'RELEASED' }
  return { ...told, status: hold.expiresOn <= at ? 'EXPIRED' : 'HELD' }
}

/** Whether entries are the ones that the lines ask for. */
function isSame(
  entries: readonly ModelEntry[],
  metadata: LedgerMetadata,
  lines: readonly ModelLine[],
): boolean {
  return (
    entries.length === lines.length &&
    entries.every((entry, index) => {
      const line = lines[index]
      return (
        line !== undefined &&
        entry.ownerId === line.ownerId &&
        entry.operation === line.operation &&
        (line.requested === null || line.requested === entry.amount) &&
        isEqual(entry.metadata, metadata) &&
        entry.reverses === (line.reverses ?? null) &&
        entry.refunds === (line.refunds ?? null) &&
        entry.holdId === (line.holdId ?? null)
      )
    })
  )
}

function isEqual(a: LedgerMetadata, b: LedgerMetadata): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
