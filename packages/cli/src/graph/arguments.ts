import { UsageError } from '../exit.ts'

/** Reads a number of credits. @throws UsageError */
export function readAmount(given: string): number {
  const amount = Number(given)
  if (/^\d{1,16}$/.test(given) && Number.isSafeInteger(amount)) return amount
  throw new UsageError(
    `An amount is a whole number of credits, 0 to ${Number.MAX_SAFE_INTEGER}, not ${JSON.stringify(given)}.`,
  )
}

/** Reads a moment: a day, which begins in UTC, or a time of RFC 3339. @throws UsageError */
export function readMoment(option: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined
  const isMoment = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(given)
  if (isMoment && !Number.isNaN(Date.parse(given))) return new Date(given).toISOString()
  throw new UsageError(
    `--${option} is a day or a moment, such as 2026-11-30 or 2026-11-30T10:15:00Z, not ${JSON.stringify(given)}.`,
  )
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Reads a duration in seconds: 90s, 30m, 12h or 7d. @throws UsageError */
export function readSeconds(option: string, given: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(given) ?? []
  const seconds = Number(count) * (secondsOf[unit] ?? 0)
  if (seconds > 0) return seconds
  throw new UsageError(`--${option} is such as 90s, 30m, 12h or 7d, not ${JSON.stringify(given)}.`)
}

/** Reads pairs of metadata, each KEY=VALUE. @throws UsageError */
export function readMetadata(given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(given.map(readPair))
}

/** Reads KEY=VALUE. The value may have further equals signs. @throws UsageError */
export function readPair(given: string): [key: string, value: string] {
  const at = given.indexOf('=')
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)]
  throw new UsageError(`--metadata is KEY=VALUE, such as order=A-17, not ${JSON.stringify(given)}.`)
}

/** Reads a list that is separated by commas. Undefined when it was not given. */
export function readList(given: string | undefined): string[] | undefined {
  return given?.split(',').map((each) => each.trim())
}

/** Reads how many of a list are wanted. @throws UsageError */
export function readLimit(given: string): number {
  const limit = Number(given)
  if (/^[1-9]\d{0,8}$/.test(given)) return limit
  throw new UsageError(`--limit is a number from 1 on, not ${JSON.stringify(given)}.`)
}

/** Returns the value of an option that is one of a list. @throws UsageError */
export function readChoice<Choice extends string>(
  option: string,
  { given, choices }: { readonly given: string; readonly choices: readonly Choice[] },
): Choice {
  const found = choices.find((choice) => choice === given)
  if (found !== undefined) return found
  throw new UsageError(`--${option} is one of ${choices.join(', ')}, not ${JSON.stringify(given)}.`)
}
