import type { AccountState } from '../account-state.ts'
import type { Scope } from '../principal.ts'
import { type AmountRule, maxCredits, minCredits } from './amount.ts'

interface LimitCounts {
  /** 1 to 1,000. */
  readonly times: number
  /** The most credits, from 1. */
  readonly credits: number
}

/** How often an owner may have an operation in a window, how many credits it may move there, or both. */
export type OperationLimit = LimitPeriod &
  (
    | (Pick<LimitCounts, 'times'> & Partial<LimitCounts>)
    | (Pick<LimitCounts, 'credits'> & Partial<LimitCounts>)
  )

interface LimitPeriod {
  readonly per: LimitWindow
  /**
   * Whether a window begins with the first posting that counts, and lasts an hour, 24 hours or 7 days. Otherwise windows are
   * those of the calendar in UTC, and weeks begin on Monday.
   */
  readonly anchored?: true
}

/** The windows that a limit can have. */
export const limitWindows = ['hour', 'day', 'week', 'month', 'lifetime'] as const
type LimitWindow = (typeof limitWindows)[number]

/** One operation of an app: its amount rule and its purpose. */
export interface OperationDefinition {
  readonly amount: AmountRule
  readonly description?: string
  /** How often an owner may have it, for example a reward. */
  readonly limit?: OperationLimit
  /** Whether it is posted only in balanced transactions, so that it neither makes nor destroys credits. */
  readonly paired?: true
  /**
   * Whether it is no longer posted or held. Its entries and holds stay: they are still read, summed, corrected and
   * captured.
   */
  readonly retired?: true
  /** Whether only the app's own code posts it. No input of the graph, of REST or of a client accepts it. */
  readonly internal?: true
  /** The scope that a caller needs in addition to `post`. The app's own code needs none. */
  readonly scope?: Scope
  /** The book of its accounts: another one that the app made, or that is shared with it. The app's own when left out. */
  readonly book?: string
  /** What it makes of the account. Its amount is 0, and its metadata has a `reason`. */
  readonly state?: AccountState
  /** The lot that its credits make: when they expire, and in which order they are spent. Only for one that gives credits. */
  readonly lot?: LotDefinition
  /**
   * How long credits are good that a correction gives back to a lot that has expired. Null: they never expire. Left out: they
   * expire again at once. Only for one that takes credits.
   */
  readonly revive?: LotExpiry | null
  /** What an owner gets for the credits that it takes. Only an exchange posts the two operations, both together. */
  readonly exchange?: Exchange
}

/** How a lot is made. */
export interface LotDefinition {
  /** When its credits expire. `input`: the caller says when. Null: never. A caller may always name an earlier moment. */
  readonly expires: LotExpiry | 'input' | null
  /** 0 to 100. The lowest is spent first. The default is 50. */
  readonly priority?: number
  /** `paid` when left out. Of two lots with one priority and one expiry, the promotional one is spent first. */
  readonly kind?: LotKind
}

/** Days of 24 hours, 1 to 36,500, or the end of the present day, week (from Monday), month or year in UTC. */
export type LotExpiry = { readonly days: number } | { readonly endOf: LotPeriod }

/** The periods at whose end credits can expire. */
export const lotPeriods = ['day', 'week', 'month', 'year'] as const
export type LotPeriod = (typeof lotPeriods)[number]

/** Credits that were bought, and credits that were given away. */
export const lotKinds = ['paid', 'promotional'] as const
export type LotKind = (typeof lotKinds)[number]

/** Credits of one book for those of another. */
export interface Exchange {
  /** The operation that gives the credits, in another book. */
  readonly into: string
  /** For each `give` credits the owner gets `get`. Both are whole numbers, from 1. */
  readonly rate: { readonly give: number; readonly get: number }
}

/** An app's operations by name. Names are upper case with underscores, like GraphQL enum values. */
export type Operations = Readonly<Record<string, OperationDefinition>>

/** The operations that every app has. */
export const sharedOperations = {
  DAILY_REWARD: { amount: 1, description: 'A reward for coming back each day.' },
  SIGNUP_CREDIT: { amount: 3, description: 'A welcome to a new owner.' },
  CREDIT_SPEND: {
    amount: { min: minCredits, max: -1, default: -1 },
    description: 'Credits that an owner spends.',
  },
  CREDIT_ADD: {
    amount: { min: 1, max: maxCredits, default: 10 },
    description: 'Credits that an owner gets, such as by buying them.',
  },
} as const satisfies Operations

/** The operations of an app whose owners send each other credits. The app adds them with `...transferOperations`. */
export const transferOperations = {
  TRANSFER_OUT: {
    amount: { min: minCredits, max: -1 },
    paired: true,
    description: 'Credits that an owner sends to another.',
  },
  TRANSFER_IN: {
    amount: { min: 1, max: maxCredits },
    paired: true,
    description: 'Credits that an owner gets from another.',
  },
} as const satisfies Operations

/** The operations of an app that freezes and closes accounts. The app adds them with `...accountOperations`. */
export const accountOperations = {
  ACCOUNT_OPENED: {
    amount: 0,
    state: 'OPEN',
    scope: 'admin',
    description: 'Opens an account that was frozen or closed.',
  },
  SPENDING_FROZEN: {
    amount: 0,
    state: 'SPENDING_FROZEN',
    scope: 'admin',
    description: 'Lets no credits out of an account.',
  },
  ACCOUNT_FROZEN: {
    amount: 0,
    state: 'FROZEN',
    scope: 'admin',
    description: 'Lets nothing be posted to an account.',
  },
  ACCOUNT_CLOSED: {
    amount: 0,
    state: 'CLOSED',
    scope: 'admin',
    description: 'Closes an account of 0.',
  },
} as const satisfies Operations

/**
 * The operations of an app whose credits may expire. The app adds them with `...lotOperations`. The ledger posts them, in
 * every book of the app: an expiry when its time has come, and a void by `voidLot`.
 */
export const lotOperations = {
  CREDIT_EXPIRED: {
    amount: { min: minCredits, max: -1 },
    internal: true,
    description: 'Credits whose time is over.',
  },
  CREDIT_VOIDED: {
    amount: { min: minCredits, max: -1 },
    internal: true,
    description: 'Credits of a lot that were taken back.',
  },
} as const satisfies Operations

/** Whether credits of an app may expire: it has `...lotOperations`. */
export function hasLots(operations: Operations): boolean {
  return Object.hasOwn(operations, 'CREDIT_EXPIRED')
}

/** The name of an operation that every app has. */
export type SharedOperation = keyof typeof sharedOperations

/** The union of an app's operation names, such as `OperationOf<typeof operations>`. */
export type OperationOf<Ops extends Operations> = keyof Ops & string

/** The union of the operation names that are not retired. */
export type PostOperationOf<Ops extends Operations> = {
  [Name in OperationOf<Ops>]: Ops[Name] extends { readonly retired: true } ? never : Name
}[OperationOf<Ops>]

/** The union of the operation names that a request may post: neither retired nor internal. */
export type PublicOperationOf<Ops extends Operations> = {
  [Name in PostOperationOf<Ops>]: Ops[Name] extends { readonly internal: true } ? never : Name
}[PostOperationOf<Ops>]

/** The union of the operation names that begin an exchange. */
export type ExchangeOperationOf<Ops extends Operations> = {
  [Name in PostOperationOf<Ops>]: string extends Name
    ? Name // any operations
    : Ops[Name] extends { readonly exchange: Exchange }
      ? Name
      : never
}[PostOperationOf<Ops>]

/** Returns the names of the operations that only exchanges post: those that take, and those that give. */
export function exchangedIn(operations: Operations): ReadonlySet<string> {
  return new Set(
    Object.entries(operations).flatMap(([name, { exchange }]) => (exchange ? [name, exchange.into] : [])),
  )
}

/** The union of the books that operations name. The app's own book is not one of them. */
export type NamedBookOf<Ops extends Operations> = {
  [Name in keyof Ops]: Ops[Name] extends { readonly book: infer Book extends string } ? Book : never
}[keyof Ops]

/** The union of an app's books: its own, which has its name, and those that its operations name. */
export type BookOf<Ops extends Operations, App extends string> = App | NamedBookOf<Ops>

/** The books of an app: its own, which has its name, and those that its operations name. */
export type Books = readonly [own: string, ...others: string[]]

/** Returns the books of an app. */
export function booksOf(app: string, operations: Operations): Books {
  const named = Object.values(operations).flatMap(({ book }) => (book === undefined ? [] : [book]))
  return [app, ...[...new Set(named)].filter((book) => book !== app)]
}

/** Whether a request may post an operation. */
export function isPublic({ retired, internal }: { retired?: boolean; internal?: boolean }): boolean {
  return !retired && !internal
}

/** Whether an app has an operation of this name. */
export function isOperation<Ops extends Operations>(operations: Ops, name: string): name is OperationOf<Ops> {
  return Object.hasOwn(operations, name)
}
