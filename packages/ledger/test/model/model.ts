// The rules of the ledger in memory, one request after another: no SQL, no locks, and nothing stored that can be
// counted from the entries and holds.
import {
  type AccountState,
  type LedgerBalance,
  type LedgerMetadata,
  type LotDefinition,
  maxCredits,
  type OperationLimit,
} from '../../src/index.ts'

import {
  AccountLots,
  expiryOf,
  isExpired,
  isPlain,
  type LotTerms,
  type ModelLot,
  type ModelUse,
  plain,
} from './lots.ts'
import { type Book, bookOf, type Operation, operations, reviveOf, stateOf } from './operations.ts'
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
  /** What captures have taken of it. */
  readonly captured: number
  readonly nonce: string
  readonly metadata: LedgerMetadata
  readonly createdOn: number
  readonly expiresOn: number
  /** When it would have expired if it had not been prolonged. */
  readonly firstExpiresOn: number
  readonly releasedOn: number | null
  readonly capturedBy: number | null
}

/** A lot that can be spent, and how much of it holds keep. */
export type LiveLot = ModelLot & { readonly held: number }

/** A hold as it is returned, with its status at that moment. */
export type HoldAnswer = Omit<ModelHold, 'firstExpiresOn'> & {
  readonly status: 'HELD' | 'CAPTURED' | 'RELEASED' | 'EXPIRED'
}

/** What became of a request: what was done, or the code of the refusal and its details. */
export type Outcome =
  | {
      readonly code: 'POSTED'
      readonly entries: readonly ModelEntry[]
      readonly balances: readonly ModelBalance[]
      readonly hold?: HoldAnswer
    }
  | {
      readonly code: 'HELD' | 'PROLONGED' | 'RELEASED'
      readonly hold: HoldAnswer
      readonly balance: ModelBalance
    }
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
  /** Whether the hold keeps what a capture leaves. */
  readonly keeps?: boolean
  /** The book of an operation that every book has. */
  readonly book?: Book
  /** The lot that its credits make. */
  readonly lot?: LotDefinition & { readonly on: number | null }
  /** The number of the lot that it takes. */
  readonly voids?: number
  /** The index of the line that takes elsewhere what this one gives. */
  readonly source?: number
  /** Leads to the entry in the input. */
  readonly path?: string
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
  /** The number of the lot that it voided. */
  readonly voids?: number | undefined
}

interface Account extends Place {
  overdraft: number
  state: AccountState
  /** The latest moment at which anything was written. Later writes are never earlier, whatever the clock does. */
  updatedOn: number
  readonly entries: ModelEntry[]
  readonly lots: AccountLots
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
  /** How many expiries were posted. Their ids and those of their transactions count down from -1. */
  expiries: number
}

/** A lot, by its account and its number there. */
export interface LotPlace extends Place {
  readonly number: number
}

/** Everything that is known of an account. */
export interface AccountRecord extends Place {
  readonly entries: readonly Pick<ModelEntry, 'seq' | 'operation' | 'amount' | 'balanceAfter' | 'createdOn'>[]
  readonly lots: readonly ModelLot[]
  readonly uses: readonly ModelUse[]
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
  #state: State = {
    ...{ accounts: new Map(), entries: new Map(), transactions: new Map(), holds: new Map() },
    expiries: 0,
  }
  #isDryRun = false

  /** The ids of everything posted so far, in order. */
  get known() {
    const { entries, transactions, holds, accounts } = this.#state
    const lots = [...accounts.values()].flatMap(({ ownerId, book, lots }) =>
      lots.all.map(({ number }): LotPlace => ({ ownerId, book, number })),
    )
    const ids = (map: ReadonlyMap<number, unknown>) => [...map.keys()]
    return { entries: ids(entries), transactions: ids(transactions), holds: ids(holds), lots }
  }

  /** Returns the accounts' places. */
  get places(): Place[] {
    return [...this.#state.accounts.values()].map(({ ownerId, book }) => ({ ownerId, book }))
  }

  /** Returns the moments after the present one at which a lot or a hold ends, in order. */
  get edges(): number[] {
    const ends = [...this.#state.accounts.values()].flatMap(({ lots, holds }) => [
      ...lots.all.flatMap(({ rest, expiresOn }) => (rest > 0 && expiresOn !== null ? [expiresOn] : [])),
      ...[...holds.values()].map(({ expiresOn }) => expiresOn),
    ])
    return [...new Set(ends)].filter((end) => end > this.now).sort((a, b) => a - b)
  }

  /** Returns the place and the seq of an expiry's entry, by the entry's id or its transaction's. */
  expiry(id: number): (Place & { readonly seq: number }) | undefined {
    const entry = id < 0 ? this.#state.entries.get(id) : undefined
    return entry && { ownerId: entry.ownerId, book: entry.book, seq: entry.seq }
  }

  record(place: Place): AccountRecord {
    const { ownerId, book, entries, lots } = this.#account(place)
    return {
      ...{ ownerId, book, lots: lots.all, uses: lots.uses },
      entries: entries.map(({ seq, operation, amount, balanceAfter, createdOn }) => ({
        ...{ seq, operation, amount, balanceAfter, createdOn },
      })),
    }
  }

  /** Returns the outcome of `run`, with the id 0 for anything new, and forgets its effects. */
  dryRun<T>(run: () => T): T {
    const { accounts, entries, transactions, holds, expiries } = this.#state
    const before = {
      expiries,
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
        const identical =
          'transaction' in used &&
          isSame(used.transaction, metadata, lines) &&
          isSameExpiry(account, used.transaction, line) &&
          isSameCapture(account, used.transaction, line)
        throw new Refused(this.#duplicate(account, used, identical))
      }
      const at = Math.max(...lines.map((line) => this.#at(accountOf(line))))
      for (const line of lines) this.#settleNow(accountOf(line), at)
      if (invalid.length > 0) throw new Refused({ code: 'VALIDATION_ERROR', fields: invalid })

      const accounts = new Map(lines.map((line) => [keyOf(accountOf(line)), copyOf(this.#accountOf(line))]))
      const transactionId = this.#isDryRun ? 0 : this.#state.transactions.size - this.#state.expiries + 1
      const entries: ModelEntry[] = []
      /** What each account gets back of lots that have expired. */
      const lost = new Map<string, number>()
      for (const [entryIndex, line] of lines.entries()) {
        const key = keyOf(accountOf(line))
        const account = accounts.get(key) ?? this.#accountOf(line)
        const amount = this.#judge(account, line, { at, entryIndex, lost: lost.get(key) ?? 0 })
        const entry = {
          id: this.#isDryRun ? 0 : this.#state.entries.size - this.#state.expiries + entries.length + 1,
          ...accountOf(line),
          seq: account.entries.length + 1,
          operation: line.operation,
          amount,
          balanceAfter: amountOf(account) + amount,
          nonce,
          transactionId,
          metadata,
          createdOn: at,
          reverses: line.reverses ?? null,
          refunds: line.refunds ?? null,
          holdId: line.holdId ?? null,
        }
        const hold = capturedBy(account, line)
        if (hold) account.holds.set(hold.id, afterCapture(hold, entry, line.keeps === true))
        const source = entries[line.source ?? -1]
        lost.set(key, (lost.get(key) ?? 0) + lostBy(this.#accountOf(line), entry))
        changeLots(account, entry, { line, source: source && given(accounts, source), sent: source })
        account.entries.push(entry)
        if (!isCorrection(entry)) account.state = stateOf(line.operation) ?? account.state
        entries.push(entry)
      }

      const transaction = { id: transactionId, entries, voids: lines[0]?.voids }
      this.#state.transactions.set(transactionId, transaction)
      for (const entry of entries) this.#state.entries.set(entry.id, entry)
      for (const account of accounts.values()) {
        account.nonces.set(nonce, { transaction })
        account.updatedOn = at
        this.#settle(account, at)
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
    const lines = transaction.entries
      .toReversed()
      .map(({ id: reverses, ownerId, book, operation, amount }) => {
        const back = amount === 0 ? 0 : -amount
        return { ownerId, book, operation, amount: back, requested: back, reverses }
      })
    const invalid = lines.some(({ operation }) => stateOf(operation)) ? ['id'] : []
    return this.post({ nonce, metadata, lines, invalid })
  }

  /** Gives a part of an entry back. */
  refund(id: number, amount: number, { nonce, metadata }: Pick<ModelRequest, 'nonce' | 'metadata'>): Outcome {
    const entry = this.#state.entries.get(id)
    if (!entry) return { code: 'ENTRY_NOT_FOUND' }
    const { ownerId, book, operation } = entry
    const back = entry.amount > 0 ? -amount : amount
    const isAlone =
      !('paired' in operations[operation]) && operation !== 'GEMS_PAID' && operation !== 'GEMS_BOUGHT'
    const invalid = isAlone ? [] : ['id']
    const lines = [{ ownerId, book, operation, amount: back, requested: back, refunds: id }]
    return this.post({ nonce, metadata, lines, invalid })
  }

  /** Sets credits aside. */
  hold({ nonce, metadata, lines, invalid }: ModelRequest, seconds: number): Outcome {
    return answer(() => {
      const [line] = lines
      if (!line) throw new Error('a hold has a line')
      const before = this.#accountOf(line)
      const used = before.nonces.get(nonce)
      if (used) {
        const original = 'holdId' in used ? before.holds.get(used.holdId) : undefined
        const identical =
          original !== undefined &&
          original.operation === line.operation &&
          isEqual(original.metadata, metadata) &&
          (line.requested === null || original.amount === -line.requested) &&
          original.firstExpiresOn - original.createdOn === seconds * 1000
        throw new Refused(this.#duplicate(before, used, identical))
      }
      const at = this.#at(before)
      this.#settleNow(before, at)
      const account = copyOf(this.#account(before))
      if (invalid.length > 0) throw new Refused({ code: 'VALIDATION_ERROR', fields: invalid })
      this.#judge(account, line, { at, entryIndex: 0, lost: 0 })
      const { operation } = line
      const hold = {
        ...{ id: this.#newHoldId(), ...accountOf(line), operation, amount: -line.amount, captured: 0 },
        ...{
          nonce,
          metadata,
          createdOn: at,
          expiresOn: at + seconds * 1000,
          releasedOn: null,
          capturedBy: null,
        },
        firstExpiresOn: at + seconds * 1000,
      }
      account.lots.reserve(hold.id, { amount: hold.amount, at, isLive: liveAt(account, at) })
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

  /** Posts an entry that a hold was for. Without an amount it takes all that is left. `keeps`: the hold keeps the rest. */
  capture(
    id: number,
    { amount, keeps }: { readonly amount: number | null; readonly keeps: boolean },
    { nonce, metadata }: Pick<ModelRequest, 'nonce' | 'metadata'>,
  ): Outcome {
    const hold = this.#hold(id)
    if (!hold) return { code: 'HOLD_NOT_FOUND' }
    const { ownerId, operation } = hold
    const requested = amount === null ? null : -amount
    const line = { ownerId, operation, amount: requested ?? -keptBy(hold), requested, holdId: id, keeps }
    const outcome = this.post({ nonce, metadata, lines: [line], invalid: [] })
    const captured = this.#hold(id)
    return outcome.code === 'POSTED' && captured
      ? { ...outcome, hold: holdAt(captured, captured.createdOn) }
      : outcome
  }

  /** Keeps the credits of a hold set aside for longer. */
  prolong(id: number, until: number): Outcome {
    const hold = this.#hold(id)
    if (!hold) return { code: 'HOLD_NOT_FOUND' }
    return answer(() => {
      const at = this.#at(hold)
      this.#settleNow(hold, at)
      const account = copyOf(this.#account(hold))
      const code = stateRefusal(account, { operation: hold.operation, amount: 0 }, at)
      if (code) throw new Refused({ code, balance: balanceAt(account, at), entryIndex: 0 })
      judgeLive(hold, at)
      if (until > hold.createdOn + longest)
        throw new Refused({ code: 'VALIDATION_ERROR', fields: ['expiresOn'] })
      const prolonged = until > hold.expiresOn ? { ...hold, expiresOn: until } : hold
      if (prolonged !== hold) {
        account.holds.set(id, prolonged)
        account.updatedOn = at
        this.#settle(account, at)
        this.#state.accounts.set(keyOf(account), account)
      }
      return { code: 'PROLONGED', hold: holdAt(prolonged, at), balance: balanceAt(account, at) }
    })
  }

  /** Makes the credits of a hold available again. */
  release(id: number): Outcome {
    const hold = this.#hold(id)
    if (!hold) return { code: 'HOLD_NOT_FOUND' }
    const at = this.#at(hold)
    this.#settleNow(hold, at)
    const account = copyOf(this.#account(hold))
    if (hold.capturedBy !== null) return { code: 'HOLD_CAPTURED', hold: holdAt(hold, at) }
    const released = isLive(hold, at) ? { ...hold, releasedOn: at } : hold
    if (released !== hold) {
      account.holds.set(id, released)
      account.updatedOn = at
      this.#settle(account, at)
      this.#state.accounts.set(keyOf(account), account)
    }
    return { code: 'RELEASED', hold: holdAt(released, at), balance: balanceAt(account, at) }
  }

  /** Sets how far below 0 a balance may go. */
  setOverdraft(place: Place, limit: number): Outcome {
    const at = this.#at(place)
    this.#settleNow(place, at)
    const account = copyOf(this.#account(place))
    const balance = balanceAt(account, at)
    const { state } = account
    if (state === 'CLOSED' || state === 'FROZEN') {
      return { code: state === 'CLOSED' ? 'ACCOUNT_CLOSED' : 'ACCOUNT_FROZEN', balance, entryIndex: 0 }
    }
    if (limit < leastOverdraft(account, at)) return { code: 'OVERDRAFT_IN_USE', balance }
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

  /** Returns what an owner had at a moment. An expiry counts from its own moment on, whether or not it is posted. */
  balanceAt(place: Place, moment: number): number {
    const account = copyOf(this.#account(place))
    this.dryRun(() => this.#settle(account, this.#at(place)))
    const until = account.entries.filter(({ createdOn }) => createdOn <= moment)
    return until.at(-1)?.balanceAfter ?? 0
  }

  /** Returns the lots that an owner can spend, in the order in which they are spent. */
  liveLots(place: Place): LiveLot[] {
    const account = copyOf(this.#account(place))
    const at = this.#at(place)
    this.dryRun(() => this.#settle(account, at))
    const left = account.lots.inOrder().filter((lot) => lot.rest > 0 && !isExpired(lot, at))
    return left.map((lot) => ({ ...lot, held: lot.rest - account.lots.free(lot, liveAt(account, at)) }))
  }

  /** Takes what is left of a lot. */
  void(
    { ownerId, book, number }: LotPlace,
    { nonce, metadata }: Pick<ModelRequest, 'nonce' | 'metadata'>,
  ): Outcome {
    if (!this.#account({ ownerId, book }).lots.all[number - 1]) return { code: 'LOT_NOT_FOUND' }
    const line = {
      ownerId,
      book,
      operation: 'CREDIT_VOIDED',
      amount: 0,
      requested: null,
      voids: number,
    } as const
    return this.post({ nonce, metadata, lines: [line], invalid: metadata.reason ? [] : ['metadata.reason'] })
  }

  /** Posts what has expired of an account, before it is judged. */
  #settleNow(place: Place, at: number): void {
    const account = copyOf(this.#account(place))
    const posted = account.entries.length
    this.#settle(account, at)
    if (account.entries.length > posted) this.#state.accounts.set(keyOf(account), account)
  }

  /** Posts what has expired up to a moment, in the order of the moments at which it was lost. */
  #settle(account: Account, at: number): void {
    const ends = [
      ...account.lots.all.map(({ expiresOn }) => expiresOn),
      ...[...account.holds.values()].map(({ expiresOn }) => expiresOn),
    ].flatMap((end) => (end !== null && end <= at ? [Math.max(end, account.updatedOn)] : []))
    for (const moment of [...new Set(ends)].sort((a, b) => a - b)) {
      for (const { lot, amount } of account.lots.lapsed(moment, liveAt(account, moment))) {
        this.#expire(account, { lot, amount, moment })
      }
    }
  }

  #expire(
    account: Account,
    { lot, amount, moment }: { lot: ModelLot; amount: number; moment: number },
  ): void {
    this.#state.expiries += 1
    const id = -this.#state.expiries
    const { ownerId, book } = account
    const entry: ModelEntry = {
      ...{ id, ownerId, book, seq: account.entries.length + 1, operation: 'CREDIT_EXPIRED', amount: -amount },
      ...{ balanceAfter: amountOf(account) - amount, nonce: '', transactionId: id, metadata: {} },
      ...{ createdOn: moment, reverses: null, refunds: null, holdId: null },
    }
    account.lots.takeAll(entry.seq, lot, amount)
    account.entries.push(entry)
    account.updatedOn = moment
    this.#state.entries.set(id, entry)
    this.#state.transactions.set(id, { id, entries: [entry] })
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

  /** Refuses a line that an account does not allow. Returns its amount. */
  #judge(
    account: Account,
    line: ModelLine,
    { at, entryIndex, lost }: { at: number; entryIndex: number; lost: number },
  ): number {
    const { reverses, refunds, holdId, lot } = line
    const voided = account.lots.all[(line.voids ?? 0) - 1]
    const amount = voided ? -voided.rest : line.amount
    const before = this.#accountOf(line)
    const hold = capturedBy(account, line)
    // Voids and captures take credits, whatever is left.
    const takes = voided ?? hold
    const code = stateRefusal(account, { ...line, amount: takes ? -takes.amount : amount }, at)
    if (code) throw new Refused({ code, balance: balanceAt(before, at), entryIndex })
    if (holdId !== undefined) this.#judgeCapture(hold, amount, at)
    else if (reverses !== undefined || refunds !== undefined) this.#judgeCorrection(account, line)
    else if (voided) judgeVoid(account, voided, at)
    else this.#judgeLimit(account, line, at, entryIndex)
    if (lot?.on && lot.on <= at) {
      throw new Refused({ code: 'VALIDATION_ERROR', fields: [`${line.path ?? ''}expiresOn`] })
    }

    const { held, overdraft } = balanceAt(account, at)
    const available = amountOf(account) - lost - held + overdraft + (hold ? keptBy(hold) : 0)
    if (amount < 0 && available + amount < 0) {
      const balance = balanceAt(before, at)
      throw new Refused({ code: 'INSUFFICIENT_BALANCE', balance, entryIndex, needed: -amount, available })
    }
    if (amount > maxCredits - account.overdraft - amountOf(account)) {
      throw new Refused({ code: 'BALANCE_OUT_OF_RANGE', balance: balanceAt(before, at), entryIndex })
    }
    return amount
  }

  #judgeCapture(hold: ModelHold | undefined, amount: number, at: number): void {
    if (!hold) throw new Refused({ code: 'HOLD_NOT_FOUND' })
    judgeLive(hold, at)
    if (-amount > keptBy(hold)) throw new Refused({ code: 'VALIDATION_ERROR', fields: ['amount'] })
  }

  #judgeCorrection({ entries }: Account, { amount, reverses, refunds }: ModelLine): void {
    const target = entries.find(({ id }) => id === (reverses ?? refunds))
    if (!target) throw new Refused({ code: 'ENTRY_NOT_FOUND' })
    const isFinal = target.operation === 'CREDIT_EXPIRED' || target.operation === 'CREDIT_VOIDED'
    if (isFinal || isCorrection(target)) throw new Refused({ code: 'NOT_REVERSIBLE' })
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
    const lots = new AccountLots()
    return this.#state.accounts.get(keyOf({ ownerId, book })) ?? { ownerId, book, state, lots, ...none }
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
    return Math.max(Math.floor(this.now), this.#account(place).updatedOn)
  }
}

/** Returns where the account of a line is. */
function accountOf({ ownerId, operation, book = bookOf(operation) }: ModelLine): Place {
  return { ownerId, book }
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
    lots: account.lots.copy(),
    holds: new Map(account.holds),
    nonces: new Map(account.nonces),
  }
}

/** The longest that a hold may last, in milliseconds. */
const longest = 365 * 86_400_000

/** Returns what a live hold sets aside. */
function keptBy({ amount, captured }: ModelHold): number {
  return amount - captured
}

/** Returns a hold as a capture leaves it. The capture of the last credit ends it, whatever it keeps. */
function afterCapture(hold: ModelHold, { id, amount, createdOn }: ModelEntry, keeps: boolean): ModelHold {
  const captured = hold.captured - amount
  const goesOn = keeps && captured < hold.amount
  return { ...hold, captured, ...(goesOn ? {} : { releasedOn: createdOn, capturedBy: id }) }
}

/** Refuses a hold that has ended. */
function judgeLive(hold: ModelHold, at: number): void {
  const answer = holdAt(hold, at)
  if (answer.status === 'CAPTURED') throw new Refused({ code: 'HOLD_CAPTURED', hold: answer })
  if (answer.status === 'RELEASED') throw new Refused({ code: 'HOLD_RELEASED', hold: answer })
  if (answer.status === 'EXPIRED') throw new Refused({ code: 'HOLD_EXPIRED', hold: answer })
}

/** Returns the hold that a line captures. */
function capturedBy({ holds }: Account, { holdId }: ModelLine): ModelHold | undefined {
  return holdId === undefined ? undefined : holds.get(holdId)
}

function isCorrection({ reverses, refunds }: Pick<ModelEntry, 'reverses' | 'refunds'>): boolean {
  return reverses !== null || refunds !== null
}

/** Returns why the state of an account refuses a line, or the account the state of the line. */
function stateRefusal(
  account: Account,
  { operation, amount, reverses, refunds }: Pick<ModelLine, 'operation' | 'amount' | 'reverses' | 'refunds'>,
  at: number,
) {
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
  const lapsed = account.lots.lapsed(at, liveAt(account, at))
  const amount = lapsed.reduce((left, { amount: lost }) => left - lost, amountOf(account))
  const live = [...holds.values()].filter((hold) => isLive(hold, at))
  const held = live.reduce((sum, hold) => sum + keptBy(hold), 0)
  return { ownerId, book, amount, overdraft, held, available: amount - held + overdraft, state }
}

/** Returns what an account owes: what its balance is below its lots. */
function debtOf(account: Account): number {
  return account.lots.rest - amountOf(account)
}

/** Returns the least overdraft: what is owed, and what holds keep that no lot covers. */
function leastOverdraft(account: Account, at: number): number {
  const { amount, held } = balanceAt(account, at)
  const isLive = liveAt(account, at)
  const free = account.lots.all.reduce((sum, lot) => sum + account.lots.free(lot, isLive), 0)
  return account.lots.exist ? free - amount + held : held - amount
}

function judgeVoid({ lots, ...account }: Account, lot: ModelLot, at: number): void {
  if (lot.rest === 0) throw new Refused({ code: 'LOT_ENDED' })
  if (lots.reserved(lot, liveAt(account, at)) > 0) throw new Refused({ code: 'LOT_HELD' })
}

/** Returns how much a reversal gives back to lots that have expired and stay so. */
function lostBy({ lots, entries }: Account, { reverses, amount, operation, createdOn }: ModelEntry): number {
  const target = entries.find(({ id }) => id === reverses)
  const isLost = target && amount > 0 && reviveOf(operation) === undefined
  return isLost ? lots.takenFromExpired(target.seq, createdOn) : 0
}

function given(accounts: ReadonlyMap<string, Account>, place: Place): Account {
  const account = accounts.get(keyOf(place))
  if (!account) throw new Error('an entry has an account')
  return account
}

/** Changes the lots of an account as its next entry says. */
function changeLots(
  account: Account,
  entry: ModelEntry,
  { line, source, sent }: { line: ModelLine; source: Account | undefined; sent: ModelEntry | undefined },
): void {
  const { lots, entries } = account
  const { seq, createdOn: at } = entry
  const change = { seq, amount: Math.abs(entry.amount), at, isLive: liveAt(account, at) }
  const target = entries.find(({ id }) => id === (entry.reverses ?? entry.refunds))
  const voided = lots.all[(line.voids ?? 0) - 1]
  if (entry.amount === 0) return
  if (entry.amount > 0 && !target) {
    addLots(account, entry, source && sent ? termsFrom(source, sent, entry.amount) : ownTerms(line, at))
  } else if (!lots.exist) return
  else if (entry.amount > 0 && target) {
    const revive = reviveOf(entry.operation)
    const amount = change.amount - Math.min(change.amount, debtOf(account))
    lots.giveBack(target.seq, { seq, amount, at }, revive === undefined ? undefined : expiryOf(revive, at))
  } else if (target) lots.takeBack(target.seq, change)
  else if (voided) lots.takeAll(seq, voided, change.amount)
  else if (entry.holdId !== null) lots.capture(entry.holdId, keptFor(account, entry.holdId), change)
  else lots.spend(change)
}

/** Returns what a hold keeps after a capture. Null: nothing, because the capture ended it. */
function keptFor({ holds }: Account, holdId: number): number | null {
  const hold = holds.get(holdId)
  return hold && hold.releasedOn === null ? keptBy(hold) : null
}

/** The lots that an entry makes, in order. The rest of its credits makes another one, of nothing special. */
interface Made {
  readonly parts: readonly { readonly terms: LotTerms; readonly amount: number }[]
  /** Whether it makes them even when the account has no lots. */
  readonly isFirst: boolean
}

function ownTerms({ lot, amount }: ModelLine, at: number): Made {
  if (!lot) return { parts: [], isFirst: false }
  const { priority = 50, kind = 'paid' } = lot
  const expiresOn = lotExpiry(lot, at)
  return { parts: [{ terms: { priority, kind, expiresOn }, amount }], isFirst: true }
}

/** Returns the earliest of the moments at which a lot shall expire. */
function lotExpiry({ expires, on }: NonNullable<ModelLine['lot']>, at: number): number | null {
  const moments = [expiryOf(expires, at), on].filter((moment) => moment !== null)
  return moments.length > 0 ? Math.min(...moments) : null
}

/** Returns lots like those that an entry elsewhere took from. */
function termsFrom({ lots }: Account, { seq, amount: sent }: ModelEntry, received: number): Made {
  const uses = lots.uses.filter((use) => use.seq === seq && use.place > 0)
  let taken = 0
  let before = 0
  const parts = uses.flatMap(({ lot, amount }) => {
    taken -= amount
    const until = Number((BigInt(taken) * BigInt(received)) / BigInt(-sent))
    const part = { terms: lots.all[lot - 1] ?? plain, amount: until - before }
    before = until
    return part.amount > 0 ? [part] : []
  })
  return { parts, isFirst: uses.some(({ lot }) => !isPlain(lots.all[lot - 1] ?? plain)) }
}

/** Makes the lots of an entry. What it gives pays the debt first. */
function addLots(
  account: Account,
  { seq, amount, createdOn: at }: ModelEntry,
  { parts, isFirst }: Made,
): void {
  const { lots } = account
  if (!isFirst && !lots.exist) return
  if (!lots.exist && amountOf(account) > 0) {
    lots.make(null, amountOf(account), plain)
    for (const hold of account.holds.values()) {
      if (isLive(hold, at)) lots.reserve(hold.id, { amount: keptBy(hold), at, isLive: liveAt(account, at) })
    }
  }
  let debt = debtOf(account)
  const rest = parts.reduce((left, part) => left - part.amount, amount)
  for (const { terms, amount: whole } of [...parts, { terms: plain, amount: rest }]) {
    if (whole === 0) continue
    const lot = lots.make(seq, whole, terms)
    const paid = Math.min(whole, debt)
    lots.pay(seq, lot, paid)
    debt -= paid
  }
}

/** Returns how to tell whether one of an account's holds is live at a moment. */
function liveAt({ holds }: Pick<Account, 'holds'>, at: number): (holdId: number) => boolean {
  return (holdId) => {
    const hold = holds.get(holdId)
    return hold !== undefined && isLive(hold, at)
  }
}

function isLive({ expiresOn, releasedOn }: ModelHold, at: number): boolean {
  return releasedOn === null && expiresOn > at
}

function holdAt(hold: ModelHold, at: number): HoldAnswer {
  const { firstExpiresOn: _, ...known } = hold
  const told = { ...known, id: Math.max(hold.id, 0) }
  if (hold.capturedBy !== null) return { ...told, status: 'CAPTURED' }
  if (hold.releasedOn !== null) return { ...told, status: 'RELEASED' }
  return { ...told, status: hold.expiresOn <= at ? 'EXPIRED' : 'HELD' }
}

/** Whether entries are the ones that the lines ask for. */
function isSame(
  { entries, voids }: Transaction,
  metadata: LedgerMetadata,
  lines: readonly ModelLine[],
): boolean {
  return (
    entries.length === lines.length &&
    voids === lines[0]?.voids &&
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

/** Whether a lot expires when the line asks for it, if it does. */
function isSameExpiry(account: Account, { entries }: Transaction, { lot }: ModelLine): boolean {
  const first = entries.find(({ ownerId, book }) => ownerId === account.ownerId && book === account.book)
  if (!first || !lot || lot.on === null) return true
  const expiresOn = lotExpiry(lot, first.createdOn)
  return account.lots.all.some((made) => made.madeBy === first.seq && made.firstExpiresOn === expiresOn)
}

/** Whether a capture left its hold as the line would. */
function isSameCapture({ holds }: Account, { entries }: Transaction, { holdId, keeps }: ModelLine): boolean {
  const hold = holdId === undefined ? undefined : holds.get(holdId)
  if (!hold) return true
  const ended = hold.capturedBy === entries[0]?.id
  return keeps ? !ended || hold.captured === hold.amount : ended
}

function isEqual(a: LedgerMetadata, b: LedgerMetadata): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
