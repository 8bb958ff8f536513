import { isDeepStrictEqual } from 'node:util'
import { accountStates } from '../account-state.ts'
import { scopes } from '../principal.ts'
import { type AmountRule, amountLimits, amountRuleProblem, maxCredits } from './amount.ts'
import {
  exchangedIn,
  type LotExpiry,
  limitWindows,
  lotKinds,
  lotOperations,
  lotPeriods,
  type OperationDefinition,
  type Operations,
  sharedOperations,
  transferOperations,
} from './operations.ts'

const namePattern = /^[A-Z][A-Z0-9_]{0,62}$/
/** As in ledger.make_book. */
const bookPattern = /^[a-z][a-z0-9_]{0,39}$/

/** @throws TypeError that names every fault of the list */
export function assertOperations(operations: Operations): void {
  const problems = operationProblems(operations)
  if (problems.length > 0) {
    throw new TypeError(
      `These operations cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    )
  }
}

/** Returns everything that is wrong with an app's operations, each as a sentence that names the operation. */
function operationProblems(operations: Operations): string[] {
  const shared: Operations = sharedOperations
  const missing = Object.keys(shared).filter((name) => !Object.hasOwn(operations, name))
  const own = Object.entries(operations)
  return [
    ...missing.map((name) => `missing shared operation: ${name}. Add it, or spread ...sharedOperations.`),
    ...own
      .filter(([name]) => !namePattern.test(name))
      .map(
        ([name]) => `${name}: a name is A to Z, 0 to 9 and _, begins with a letter and is at most 63 long.`,
      ),
    ...own.flatMap(([name, definition]) =>
      [
        amountRuleProblem(definition.amount),
        ...[limitProblem, pairProblem, trustProblem, bookProblem, stateProblem, lotProblem].map((of) =>
          of(definition),
        ),
      ]
        .filter((problem) => problem !== undefined)
        .map((problem) => `${name}: ${problem}`),
    ),
    ...own.flatMap(([name, definition]) =>
      exchangeProblems(operations, definition).map((problem) => `${name}: ${problem}`),
    ),
    ...transferProblems(operations),
    ...lotOperationProblems(operations),
    ...own
      .filter(([name, { internal }]) => internal && Object.hasOwn(transferOperations, name))
      .map(([name]) => `${name}: the mutation transferCredits posts it, so that it cannot be internal.`),
    ...own.flatMap(([name, definition]) => {
      const original = Object.hasOwn(shared, name) ? shared[name] : undefined
      const kept =
        original === undefined ||
        (definition.description === original.description &&
          definition.paired === undefined &&
          definition.retired === undefined &&
          definition.internal === undefined &&
          definition.scope === undefined &&
          definition.book === undefined &&
          definition.exchange === undefined &&
          definition.state === undefined &&
          definition.revive === undefined &&
          isNarrower(definition.amount, original.amount))
      return kept
        ? []
        : [`${name} is shared: an app may only make its range narrower or give it a limit or a lot.`]
    }),
  ]
}

function isNarrower(own: AmountRule, shared: AmountRule): boolean {
  if (typeof own === 'number' || typeof shared === 'number') return isDeepStrictEqual(own, shared)
  return own.min >= shared.min && own.max <= shared.max
}

const maxTimes = 1000

function limitProblem({ limit, amount }: OperationDefinition): string | undefined {
  if (limit === undefined) return undefined
  const { times, credits, per, anchored } = limit ?? {}
  const isLimit =
    (times !== undefined || credits !== undefined) &&
    isCount(times ?? 1, maxTimes) &&
    isCount(credits ?? 1, maxCredits) &&
    limitWindows.includes(per)
  if (!isLimit) {
    return `a limit is { times, per } or { credits, per }: 1 to ${maxTimes} times, or from 1 credit on, per ${limitWindows.join(', ')}.`
  }
  if (anchored && !anchoredWindows.includes(per))
    return `an anchored limit is per ${anchoredWindows.join(', ')}.`
  if (credits !== undefined && amount === 0)
    return 'an operation that moves no credits has no limit of credits.'
  return undefined
}

const anchoredWindows: readonly string[] = ['hour', 'day', 'week']

function isCount(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max
}

function trustProblem({ internal, scope }: OperationDefinition): string | undefined {
  if (scope === undefined) return undefined
  if (!scopes.includes(scope)) return `a scope is one of ${scopes.join(', ')}.`
  return internal ? 'an internal operation is posted by the app itself, which needs no scope.' : undefined
}

function stateProblem({ amount, state, limit, scope, internal }: OperationDefinition): string | undefined {
  if (state === undefined) return undefined
  if (!accountStates.includes(state)) return `a state is one of ${accountStates.join(', ')}.`
  if (amount !== 0) return 'an operation with a state has the amount 0.'
  if (scope !== 'admin' && !internal)
    return "an operation with a state has the scope 'admin', or is internal."
  return limit === undefined ? undefined : 'an operation with a state has no limit.'
}

function lotProblem({ amount, lot, revive }: OperationDefinition): string | undefined {
  const { direction } = amountLimits(amount)
  if (lot !== undefined) {
    const { expires, priority = 50, kind = 'paid' } = lot ?? {}
    if (direction !== 'IN') return 'an operation with a lot gives credits.'
    if (expires !== null && expires !== 'input' && !isExpiry(expires))
      return `a lot expires after { days }, at { endOf }, by 'input' or never (null).`
    if (!Number.isInteger(priority) || priority < 0 || priority > 100)
      return 'the priority of a lot is a whole number from 0 to 100.'
    if (!lotKinds.includes(kind)) return `the kind of a lot is one of ${lotKinds.join(', ')}.`
  }
  if (revive !== undefined) {
    if (direction !== 'OUT') return 'an operation that revives credits takes them.'
    if (revive !== null && !isExpiry(revive))
      return 'revived credits expire after { days }, at { endOf } or never (null).'
  }
  return undefined
}

const maxDays = 36_500

function isExpiry(expiry: LotExpiry | undefined): boolean {
  if (typeof expiry !== 'object' || Object.keys(expiry).length !== 1) return false
  return 'days' in expiry ? isCount(expiry.days, maxDays) : lotPeriods.includes(expiry.endOf)
}

function lotOperationProblems(operations: Operations): string[] {
  const expected: Operations = lotOperations
  const changed = Object.keys(expected).filter(
    (name) => Object.hasOwn(operations, name) && !isDeepStrictEqual(operations[name], expected[name]),
  )
  const missing = Object.keys(expected).filter((name) => !Object.hasOwn(operations, name))
  const hasLot = Object.values(operations).some(({ lot }) => lot !== undefined)
  const isNeeded = hasLot || missing.length < Object.keys(expected).length
  return [
    ...changed.map((name) => `${name}: the name is for ...lotOperations, which the ledger posts itself.`),
    ...(isNeeded && missing.length > 0
      ? [`missing operations of lots: ${missing.join(', ')}. Add ...lotOperations.`]
      : []),
  ]
}

function bookProblem({ book }: OperationDefinition): string | undefined {
  return book === undefined || bookPattern.test(book)
    ? undefined
    : "a book's name is a to z, 0 to 9 and _, begins with a letter and is at most 40 long."
}

function exchangeProblems(
  operations: Operations,
  { exchange, amount, book, internal, retired }: OperationDefinition,
): string[] {
  if (exchange === undefined) return []
  const { into, rate } = exchange
  const other = Object.hasOwn(operations, into) ? operations[into] : undefined
  const isRate = [rate?.give, rate?.get].every((count) => Number.isSafeInteger(count) && count >= 1)
  return [
    ...(amountLimits(amount).direction === 'OUT'
      ? []
      : ['an exchange begins with an operation that takes credits.']),
    ...(isRate ? [] : ['the rate of an exchange is { give, get }: two whole numbers, from 1.']),
    ...(other === undefined || Object.hasOwn(sharedOperations, into) || other.exchange !== undefined
      ? [`an exchange goes into an operation of the app's own that is not shared, not into ${into}.`]
      : [
          ...(amountLimits(other.amount).direction === 'IN' ? [] : [`${into} gives no credits.`]),
          ...(other.book === book ? [`${into} has the same book.`] : []),
          ...(other.internal && !internal ? [`${into} is internal, so that this is internal, too.`] : []),
          ...(other.retired && !retired ? [`${into} is retired, so that this is retired, too.`] : []),
        ]),
  ]
}

function transferProblems(operations: Operations): string[] {
  const [sent, received] = [operations.TRANSFER_OUT, operations.TRANSFER_IN]
  const exchanged = exchangedIn(operations)
  return [
    ...(sent && received && sent.book !== received.book
      ? ['TRANSFER_IN: it has the book of TRANSFER_OUT. Between books there are exchanges.']
      : []),
    ...Object.keys(transferOperations)
      .filter((name) => exchanged.has(name))
      .map((name) => `${name}: a transfer posts it, so that no exchange does.`),
  ]
}

function pairProblem({ amount, paired }: OperationDefinition): string | undefined {
  return paired && amount === 0 ? 'a paired operation moves credits.' : undefined
}
