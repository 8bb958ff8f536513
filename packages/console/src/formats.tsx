import { Text, Tooltip } from '@mantine/core'

/** Formats credits in the viewer's way of writing numbers. Exact: no number of the ledger is rounded. */
export function credits(amount: number | bigint): string {
  return new Intl.NumberFormat().format(amount)
}

/** Formats a change of credits, with its sign. */
export function change(amount: number | bigint): string {
  return new Intl.NumberFormat(undefined, { signDisplay: 'exceptZero' }).format(amount)
}

/** A change of credits, coloured by its direction. */
export function Change({ amount }: { readonly amount: number | bigint }) {
  const color = amount > 0 ? 'var(--credit-in)' : amount < 0 ? 'var(--credit-out)' : 'dimmed'
  return (
    <Text inherit span c={color} fw={600} className="number">
      {change(amount)}
    </Text>
  )
}

const toSecond = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const toMinute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const utcDay = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', timeZone: 'UTC' })

/** A moment in the viewer's time zone. UTC shows on hover, and on focus. */
export function Moment({ at, minutes = false }: { readonly at: string; readonly minutes?: boolean }) {
  const utc = `${at.replace('T', ' ').replace(/(\.\d+)?Z$/, '')} UTC`
  return (
    <Tooltip label={utc} openDelay={300}>
      <time dateTime={at} title={utc} className="number">
        {(minutes ? toMinute : toSecond).format(new Date(at))}
      </time>
    </Tooltip>
  )
}

/** A day, in milliseconds. */
export const dayMs = 86_400_000

/** The day of a window. Windows are of the calendar in UTC. */
export const dayOf = (start: string): string => utcDay.format(new Date(start))

/** Formats a moment as `datetime-local` takes it, in the viewer's time zone. */
export function toLocalInput(moment: string): string {
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) return ''
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

/** Reads a `datetime-local`. Undefined for an empty one. */
export function fromLocalInput(text: string): string | undefined {
  const date = new Date(text)
  return text === '' || Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** Reads a number of credits. Undefined for what is none. */
export function readCredits(text: string): number | undefined {
  const amount = Number(text)
  return /^\d+$/.test(text) && Number.isSafeInteger(amount) ? amount : undefined
}

/** Writes a constant such as `CREDIT_ADD` for people: "Credit add". */
export function words(constant: string): string {
  const text = constant.toLowerCase().replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Reads metadata: a line `key=value` for each pair. */
export function readMetadata(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const [key = '', ...value] = line.split('=')
      return [key.trim(), value.join('=').trim()]
    }),
  )
}
