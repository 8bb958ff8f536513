import type { Scope } from '../principal.ts'
import { type AmountRule, maxCredits, minCredits } from './amount.ts'

/** How often an owner may post an operation in a calendar window: UTC, weeks from Monday. */
export interface OperationLimit {
  /** 1 to 1,000. */
  readonly times: number
  readonly per: LimitWindow
}

/** The windows that a limit can have. */
export const limitWindows = ['hour', 'day', 'week', 'month', 'lifetime'] as const
export type LimitWindow = (typeof limitWindows)[number]

/** What an app can do with credits: its amount rule and what it is for. */
export interface OperationDefinition {
  readonly amount: AmountRule
  readonly description?: string
  /** For rewards: how often an owner may have it. */
  readonly limit?: OperationLimit
  /** Posted in balanced transactions alone, so that it neither makes nor destroys credits. */
  readonly paired?: true
  /** No longer posted or held. Its entries and holds stay: they are read, summed, corrected and captured as before. */
  readonly retired?: true
  /** Posted by the app's own code alone: no input of the graph, of REST or of a client takes it. */
  readonly internal?: true
  /** What a caller needs beside the scope `post` to post it. The app's own code needs nothing. */
  readonly scope?: Scope
}

/** An app's operations by name. Names are upper case with underscores, as GraphQL enums have them. */
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

/** The operations of an app whose owners send each other credits, beside the shared ones: `...transferOperations`. */
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

/** The name of an operation that every app has. */
export type SharedOperation = keyof typeof sharedOperations

/** The union of an app's operation names, such as `OperationOf<typeof operations>`. */
export type OperationOf<Ops extends Operations> = keyof Ops & string

/** The union of the names that can be posted: all but the retired ones. */
export type PostOperationOf<Ops extends Operations> = {
  [Name in OperationOf<Ops>]: Ops[Name] extends { readonly retired: true } ? never : Name
}[OperationOf<Ops>]

/** The union of the names that a request may post: neither retired nor internal ones. */
export type PublicOperationOf<Ops extends Operations> = {
  [Name in PostOperationOf<Ops>]: Ops[Name] extends { readonly internal: true } ? never : Name
}[PostOperationOf<Ops>]

/** Whether a request may post an operation. */
export function isPublic({ retired, internal }: { retired?: boolean; internal?: boolean }): boolean {
  return !retired && !internal
}

/** Whether an app has an operation of this name. */
export function isOperation<Ops extends Operations>(operations: Ops, name: string): name is OperationOf<Ops> {
  return Object.hasOwn(operations, name)
}
