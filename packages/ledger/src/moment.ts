const written =
  /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/** A moment between two milliseconds. A Date cannot hold it, so this Date is the millisecond before it. */
class FineMoment extends Date {
  /** The digits of its second after the milliseconds. */
  readonly finer: string

  constructor(millisecondBefore: number, finer: string) {
    super(millisecondBefore)
    this.finer = finer
  }
}

/**
 * Parses a text as RFC 3339, in any zone and with any number of digits of the second. Returns undefined for any other
 * text, and for a leap second. The ledger's reads use the full precision. For other code it is a Date in the same
 * millisecond.
 */
export function parseMoment(text: string): Date | undefined {
  const [, day = '', time, digits = '', zone = ''] = written.exec(text) ?? []
  if (!isDay(day)) return undefined
  const millisecond = Date.parse(`${day}T${time}.${digits.slice(0, 3).padEnd(3, '0')}${zone.toUpperCase()}`)
  const finer = digits.slice(3)
  return /[1-9]/.test(finer) ? new FineMoment(millisecond, finer) : new Date(millisecond)
}

/** Returns the last millisecond before a moment. What was created then or earlier was created before the moment. */
export function lastMillisecondBefore(moment: Date): Date {
  return new Date(moment instanceof FineMoment ? moment.getTime() : moment.getTime() - 1)
}

/** Whether a moment is earlier than another one, by any fraction of a second. */
export function isEarlier(moment: Date, other: Date): boolean {
  const difference = moment.getTime() - other.getTime()
  if (difference !== 0) return difference < 0
  const [finer, otherFiner] = [finerOf(moment), finerOf(other)]
  const length = Math.max(finer.length, otherFiner.length)
  return finer.padEnd(length, '0') < otherFiner.padEnd(length, '0')
}

function finerOf(moment: Date): string {
  return moment instanceof FineMoment ? moment.finer : ''
}

/** Whether the calendar has this day. 2026-02-30 does not exist. */
function isDay(text: string): boolean {
  const start = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(text)
}
