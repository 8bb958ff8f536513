// The lots of one account in memory: what they have left, what entries took from them, and what holds reserve.
import type { LotExpiry, LotKind } from '../../src/index.ts'
import { nextWindow } from './windows.ts'

/** When a lot expires, and in which order it is spent. */
export interface LotTerms {
  readonly priority: number
  readonly kind: LotKind
  readonly expiresOn: number | null
}

export interface ModelLot extends LotTerms {
  /** Counts the account's lots from 1, in the order in which they were made. */
  readonly number: number
  readonly amount: number
  readonly rest: number
  /** When it would have expired if it had not been revived. */
  readonly firstExpiresOn: number | null
  /** The seq of the entry that made it. Null: the balance before the first lot. */
  readonly madeBy: number | null
}

/** What an entry took from a lot (below 0) or gave back to it. */
export interface ModelUse {
  /** The seq of the entry. */
  readonly seq: number
  readonly place: number
  /** The number of the lot. */
  readonly lot: number
  readonly amount: number
  /** The seq of the entry whose credits come back. */
  readonly returns: number | null
}

interface Reservation {
  readonly holdId: number
  readonly lot: number
  readonly amount: number
}

/** Tells whether a hold is live. */
type IsLive = (holdId: number) => boolean

/** A change of the account: the entry's seq, its credits from 1, and the moment. */
interface Change {
  readonly seq: number
  readonly amount: number
  readonly at: number
  readonly isLive: IsLive
}

/** The terms of credits of which nothing is said. */
export const plain: LotTerms = { priority: 50, kind: 'paid', expiresOn: null }

export class AccountLots {
  #lots: readonly ModelLot[] = []
  #uses: readonly ModelUse[] = []
  #reservations: readonly Reservation[] = []

  copy(): AccountLots {
    const copy = new AccountLots()
    copy.#lots = this.#lots
    copy.#uses = this.#uses
    copy.#reservations = this.#reservations
    return copy
  }

  get all(): readonly ModelLot[] {
    return this.#lots
  }

  get uses(): readonly ModelUse[] {
    return this.#uses
  }

  get exist(): boolean {
    return this.#lots.length > 0
  }

  /** The credits left in all lots. */
  get rest(): number {
    return this.#lots.reduce((sum, { rest }) => sum + rest, 0)
  }

  /** Returns what live holds do not reserve of a lot. */
  free(lot: ModelLot, isLive: IsLive): number {
    return lot.rest - Math.min(lot.rest, this.reserved(lot, isLive))
  }

  /** Returns what live holds have reserved of a lot. A spend that the overdraft allowed may have taken it since. */
  reserved({ number }: ModelLot, isLive: IsLive): number {
    return this.#reservations
      .filter(({ lot, holdId }) => lot === number && isLive(holdId))
      .reduce((sum, { amount }) => sum + amount, 0)
  }

  /** Returns the lots in the order in which they are spent. */
  inOrder(): ModelLot[] {
    const expiry = ({ expiresOn }: ModelLot) => expiresOn ?? Number.MAX_SAFE_INTEGER
    const isPaid = ({ kind }: ModelLot) => Number(kind === 'paid')
    return this.#lots.toSorted(
      (a, b) =>
        a.priority - b.priority || expiry(a) - expiry(b) || isPaid(a) - isPaid(b) || a.number - b.number,
    )
  }

  /** Returns the free credits of the lots that have expired. */
  lapsed(at: number, isLive: IsLive): { readonly lot: ModelLot; readonly amount: number }[] {
    return this.inOrder()
      .filter((lot) => isExpired(lot, at))
      .map((lot) => ({ lot, amount: this.free(lot, isLive) }))
      .filter(({ amount }) => amount > 0)
  }

  /** Takes free credits, then reserved ones. What is missing is debt. */
  spend({ seq, amount, at, isLive }: Change): void {
    let wanted = amount
    const numbers = this.inOrder()
      .filter((lot) => !isExpired(lot, at))
      .map(({ number }) => number)
    for (const number of numbers)
      wanted -= this.#take(seq, number, Math.min(wanted, this.#freeOf(number, isLive)))
    for (const number of numbers) wanted -= this.#take(seq, number, Math.min(wanted, this.#lot(number).rest))
  }

  /**
   * Takes what a hold has reserved, then as a spend. `kept` is what the hold keeps: it reserves no more than that, of the
   * lots that are spent first. Null: it is no longer live.
   */
  capture(holdId: number, kept: number | null, { seq, amount, at, isLive }: Change): void {
    let wanted = amount
    for (const { number, rest } of this.inOrder()) {
      const own = this.#reservedFor(holdId, number)
      const taken = this.#take(seq, number, Math.min(wanted, own, rest))
      if (taken > 0) this.#reserveFor(holdId, number, own - taken)
      wanted -= taken
    }
    this.spend({ seq, amount: wanted, at, isLive })
    let left = kept
    if (left === null) return
    for (const { number } of this.inOrder()) {
      const own = this.#reservedFor(holdId, number)
      if (own > left) this.#reserveFor(holdId, number, left)
      left -= Math.min(own, left)
    }
  }

  /** Takes back what an entry gave: first from the lots that it made. */
  takeBack(given: number, { seq, amount, at, isLive }: Change): void {
    let wanted = amount
    for (const lot of this.inOrder()) {
      if (lot.madeBy !== given) continue
      wanted -= this.#take(seq, lot.number, Math.min(wanted, this.free(lot, isLive)))
    }
    this.spend({ seq, amount: wanted, at, isLive })
  }

  /** Takes what is left of a lot. */
  takeAll(seq: number, lot: ModelLot, amount: number): void {
    this.#take(seq, lot.number, amount)
  }

  /**
   * Gives credits back to the lots that an entry took them from, last taken first. What they do not take makes a lot.
   * `revived` is the new expiry of a lot that has expired. Undefined: it stays expired.
   */
  giveBack(
    taken: number,
    { seq, amount, at }: Omit<Change, 'isLive'>,
    revived: number | null | undefined,
  ): void {
    let left = amount
    const of = this.#uses.filter((use) => use.seq === taken && use.amount < 0 && use.place > 0).toReversed()
    for (const number of new Set(of.map(({ lot }) => lot))) {
      const open = -this.#uses
        .filter(
          ({ lot, place, ...use }) =>
            lot === number && place > 0 && (use.seq === taken || use.returns === taken),
        )
        .reduce((sum, use) => sum + use.amount, 0)
      const back = Math.min(left, open)
      if (back === 0) continue
      this.#use({ seq, place: this.#nextPlace(seq), lot: number, amount: back, returns: taken })
      left -= back
      if (revived !== undefined && isExpired(this.#lot(number), at)) this.#set(number, { expiresOn: revived })
    }
    if (left > 0) this.make(seq, left, plain)
  }

  /** Returns how much an entry took from lots that have expired. */
  takenFromExpired(taken: number, at: number): number {
    return -this.#uses
      .filter((use) => use.seq === taken && use.place > 0 && isExpired(this.#lot(use.lot), at))
      .reduce((sum, use) => sum + use.amount, 0)
  }

  make(madeBy: number | null, amount: number, { priority, kind, expiresOn }: LotTerms): ModelLot {
    const number = this.#lots.length + 1
    const lot = { number, amount, rest: amount, priority, kind, expiresOn, firstExpiresOn: expiresOn, madeBy }
    this.#lots = [...this.#lots, lot]
    return lot
  }

  /** Lets a lot that was just made pay what the account owes. */
  pay(seq: number, { number }: ModelLot, amount: number): void {
    if (amount > 0) this.#use({ seq, place: 0, lot: number, amount: -amount, returns: null })
  }

  /** Reserves free credits for a hold. The overdraft covers what is missing. */
  reserve(holdId: number, { amount, at, isLive }: Omit<Change, 'seq'>): void {
    let wanted = amount
    for (const lot of this.inOrder()) {
      const reserved = isExpired(lot, at) ? 0 : Math.min(wanted, this.free(lot, isLive))
      if (reserved === 0) continue
      this.#reservations = [...this.#reservations, { holdId, lot: lot.number, amount: reserved }]
      wanted -= reserved
    }
  }

  #reservedFor(holdId: number, number: number): number {
    return this.#reservations.find((held) => held.holdId === holdId && held.lot === number)?.amount ?? 0
  }

  #reserveFor(holdId: number, number: number, amount: number): void {
    this.#reservations = this.#reservations.map((held) =>
      held.holdId === holdId && held.lot === number ? { ...held, amount } : held,
    )
  }

  #lot(number: number): ModelLot {
    const lot = this.#lots[number - 1]
    if (!lot) throw new Error(`there is no lot ${number}`)
    return lot
  }

  #freeOf(number: number, isLive: IsLive): number {
    return this.free(this.#lot(number), isLive)
  }

  #set(number: number, change: Partial<ModelLot>): void {
    this.#lots = this.#lots.map((lot) => (lot.number === number ? { ...lot, ...change } : lot))
  }

  #take(seq: number, lot: number, amount: number): number {
    if (amount > 0) this.#use({ seq, place: this.#nextPlace(seq), lot, amount: -amount, returns: null })
    return amount
  }

  #use(use: ModelUse): void {
    this.#uses = [...this.#uses, use]
    this.#set(use.lot, { rest: this.#lot(use.lot).rest + use.amount })
  }

  #nextPlace(seq: number): number {
    return this.#uses.filter((use) => use.seq === seq && use.place > 0).length + 1
  }
}

export function isExpired({ expiresOn }: LotTerms, at: number): boolean {
  return expiresOn !== null && expiresOn <= at
}

export function isPlain({ priority, kind, expiresOn }: LotTerms): boolean {
  return priority === plain.priority && kind === plain.kind && expiresOn === null
}

const day = 86_400_000

/** Returns the moment that an expiry means at a moment. */
export function expiryOf(expiry: LotExpiry | 'input' | null, at: number): number | null {
  if (expiry === null || expiry === 'input') return null
  if ('days' in expiry) return at + expiry.days * day
  if (expiry.endOf === 'year') return Date.UTC(new Date(at).getUTCFullYear() + 1, 0)
  return nextWindow(expiry.endOf, at)
}
