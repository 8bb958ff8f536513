import { assertOperations } from './operation-problems.ts'
import type {
  LotDefinition,
  lotOperations,
  OperationDefinition,
  Operations,
  SharedOperation,
  sharedOperations,
} from './operations.ts'

/** A compile error in English. Nothing is assignable to this type, so that the compiler shows the message. */
interface LedgerTypeError<Message extends string> {
  readonly __ledgerTypeError: Message
}

type Missing<Ops> = Exclude<SharedOperation, keyof Ops>

type Negative = `-${string}`
type Sign<Amount extends number> = `${Amount}` extends '0' ? 0 : `${Amount}` extends Negative ? -1 : 1

type SameSign<Shared extends number, Amount extends number> = number extends Amount
  ? true // not a literal, so it is checked at run time
  : Sign<Amount> extends Sign<Shared>
    ? true
    : false

/** Whether `Own` equals `Shared` or narrows its range. A shared range includes every safe integer of its sign. */
type Narrows<Shared extends OperationDefinition, Own> = [
  keyof Own & ('paired' | 'retired' | 'internal' | 'scope' | 'book' | 'exchange' | 'state' | 'revive'),
] extends [never]
  ? Own extends Shared
    ? true
    : NarrowsRange<Shared, Own>
  : false

type NarrowsRange<Shared extends OperationDefinition, Own> = Own extends {
  readonly amount: { readonly min: infer Min extends number; readonly max: infer Max extends number }
  readonly description: Shared['description']
}
  ? Shared['amount'] extends { readonly min: infer SharedMin extends number }
    ? [SameSign<SharedMin, Min>, SameSign<SharedMin, Max>] extends [true, true]
      ? true
      : false
    : false
  : false

type Changed<Ops> = {
  [Name in SharedOperation & keyof Ops]: Narrows<(typeof sharedOperations)[Name], Ops[Name]> extends true
    ? never
    : Name
}[SharedOperation & keyof Ops]

/** The operations that make lots. */
type LotMaker<Ops> = {
  [Name in keyof Ops]: Ops[Name] extends { readonly lot: LotDefinition } ? Name : never
}[keyof Ops]

type MissingForLots<Ops> = [LotMaker<Ops>] extends [never]
  ? never
  : Exclude<keyof typeof lotOperations, keyof Ops>

type Accepted<Ops> = [Missing<Ops>] extends [never]
  ? [Changed<Ops>] extends [never]
    ? [MissingForLots<Ops>] extends [never]
      ? unknown
      : LedgerTypeError<`an operation has a lot: add ...lotOperations, for ${MissingForLots<Ops>}`>
    : LedgerTypeError<`shared operation changed by more than a narrower range, a limit or a lot: ${Changed<Ops>}`>
  : LedgerTypeError<`missing shared operation: ${Missing<Ops>}`>

/**
 * Defines an app's complete list of operations: the shared ones and its own. A list that lacks a shared operation, or
 * changes one by more than a narrower range, a limit or a lot, does not compile. Neither does one with a lot and without
 * `...lotOperations`.
 *
 * @example
 * ```ts
 * export const operations = defineOperations({
 *   ...sharedOperations,
 *   CONTENT_CREATION: { amount: -5, description: 'Publishing a content.' },
 * })
 * ```
 * @throws TypeError that names every fault, for callers that the compiler did not check
 */
export function defineOperations<const Ops extends Operations>(operations: Ops & Accepted<Ops>): Ops {
  assertOperations(operations)
  return Object.freeze(operations)
}
