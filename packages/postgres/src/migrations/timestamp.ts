/**
 * Returns the timestamp of a new migration. Migrations run in the order of their names, so it comes after the last
 * one's, whatever the clock says.
 */
export function timestampAfter(last: string | undefined, now: Date): string {
  const timestamp = now.toISOString().replace(/\D/g, '').slice(0, 14)
  const before = /^\d{14}/.exec(last ?? '')?.[0]
  return before === undefined || timestamp > before ? timestamp : String(BigInt(before) + 1n)
}
