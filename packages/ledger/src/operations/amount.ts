/** The most credits of an amount or a balance: 2^53 - 1, which JSON and JavaScript carry exactly. */
export const maxCredits = 9007199254740991 as const

/** The fewest credits: -(2^53 - 1). */
export const minCredits = -9007199254740991 as const

/** Amounts from `min` to `max`, in signed credits of one sign. `default` is posted when the caller gives none. */
export interface AmountRange {
  readonly min: number
  readonly max: number
  readonly default?: number
}

/** An operation's amount in signed credits (+ in, - out): one fixed amount, or a range. Only a fixed amount may be 0. */
export type AmountRule = number | AmountRange

/** Where an operation moves credits: to the owner, from the owner, or neither (a fixed 0). */
export type Direction = 'IN' | 'OUT' | 'NONE'

/** An amount rule as inputs see it: numbers of credits, all >= 0. */
export interface AmountLimits {
  readonly direction: Direction
  readonly min: number
  readonly max: number
  /** The amount when the input has none. When undefined, the input must have one. */
  readonly default: number | undefined
}

/** Returns the amounts that an input may have under a rule. */
export function amountLimits(rule: AmountRule): AmountLimits {
  if (typeof rule === 'number') {
    const amount = Math.abs(rule)
    return { direction: directionOf(rule), min: amount, max: amount, default: amount }
  }
  const [min, max] = rule.max < 0 ? [-rule.max, -rule.min] : [rule.min, rule.max]
  const preset = rule.default === undefined ? undefined : Math.abs(rule.default)
  return { direction: directionOf(rule.max), min, max, default: preset }
}

/** Returns `amount` credits with the sign of the direction. */
export function signed(direction: Direction, amount: number): number {
  return direction === 'OUT' && amount !== 0 ? -amount : amount
}

/** Returns a number of credits in words: `1 credit`, `5 credits`. */
export function inCredits(amount: number | bigint): string {
  return `${amount} ${amount === 1 || amount === 1n ? 'credit' : 'credits'}`
}

/** Returns why an input's amount is not allowed, or undefined when it is. */
export function amountProblem(limits: AmountLimits, amount: number | undefined): string | undefined {
  if (amount === undefined) {
    return limits.default === undefined
      ? `is required: from ${limits.min} to ${inCredits(limits.max)}`
      : undefined
  }
  if (amount >= limits.min && amount <= limits.max) return undefined
  return limits.min === limits.max
    ? `must be ${inCredits(limits.min)} or left out: the operation's amount is fixed`
    : `must be from ${limits.min} to ${inCredits(limits.max)}`
}

/** Returns why a rule cannot be used, or undefined when it can. */
export function amountRuleProblem(rule: AmountRule): string | undefined {
  if (typeof rule === 'number') {
    return isAmount(rule) ? undefined : 'a fixed amount is a whole number within ±(2^53 - 1).'
  }
  const { min, max, default: preset } = rule
  if (!isAmount(min) || !isAmount(max) || min > max) {
    return 'a range has whole numbers within ±(2^53 - 1), min not above max.'
  }
  if (Math.sign(min) !== Math.sign(max) || min === 0) return 'a range has one sign and leaves 0 out.'
  if (preset !== undefined && (!isAmount(preset) || preset < min || preset > max)) {
    return `the default is a whole number from ${min} to ${max}.`
  }
  return undefined
}

function isAmount(amount: number): boolean {
  return Number.isSafeInteger(amount) && !Object.is(amount, -0)
}

function directionOf(amount: number): Direction {
  if (amount === 0) return 'NONE'
  return amount > 0 ? 'IN' : 'OUT'
}
