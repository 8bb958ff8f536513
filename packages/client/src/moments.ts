import type { Moment } from './inputs.ts'

/** @throws RangeError for an invalid Date. JSON would turn it into null. */
export function isoOf(moment: Moment): string {
  return moment instanceof Date ? moment.toISOString() : moment
}

/** Returns an entry to post as the graph's inputs have it. @throws RangeError for an expiry that is an invalid Date */
export function entryToSend<Entry extends { readonly expiresOn?: Moment | undefined }>({
  expiresOn,
  ...entry
}: Entry) {
  return { ...entry, ...(expiresOn !== undefined && { expiresOn: isoOf(expiresOn) }) }
}
