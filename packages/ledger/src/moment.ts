const written =
  /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

/** A moment between two milliseconds. A Date cannot keep it: this one is the millisecond before it. */
class FineMoment extends Date {
  /** The digits of its second that follow the milliseconds. */
  readonly finer: string

  constructor(millisecondBefore: number, finer: string) {
    super(millisecondBefore)
    this.finer = finer
  }
}

/**
 * The moment that a text names as RFC 3339 says, in any zone, with as many digits of the second as it likes; undefined
 * where it names none. A leap second is none. The ledger's reads take the moment at its full precision; to everyone else
 * it is a Date of the millisecond that it is in.
 */
export function parseMoment(text: string): Date | undefined {
  const [, day = '', time, digits = '', zone = ''] = written.exec(text) ?? []
  if (!isDay(day)) return undefined
  const millisecond = Date.parse(`${day}T${time}.${digits.slice(0, 3).padEnd(3, '0')}${zone.toUpperCase()}`)
  const finer = digits.slice(3)
  return /[1-9]/.test(finer) ? new FineMoment(millisecond, finer) : new Date(millisecond)
}

/** The last millisecond before a moment: whatever was created then or earlier was created before the moment. */
export function lastMillisecondBefore(moment: Date): Date {
  return new Date(moment instanceof FineMoment ? moment.getTime() : moment.getTime() - 1)
}

/** Whether a moment is earlier than another one, by however little. */
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

/** Whether a calendar has the day: 2026-02-30 is none. */
function isDay(text: string): boolean {
  const start = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(text)
}
