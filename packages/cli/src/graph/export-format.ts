import type { LedgerEntry } from '@shared-ledger/client'
import type { Format } from './choices.ts'

type Entry = LedgerEntry<string>

/** The columns of a CSV export, in this order. */
const columns = [
  'id',
  'ownerId',
  'operationName',
  'amount',
  'balanceAfter',
  'seq',
  'createdOn',
  'transactionId',
  'nonce',
  'reverses',
  'refunds',
  'holdId',
  'metadata',
] as const satisfies readonly (keyof Entry)[]

/** Returns what a file of this form begins with. */
export function headOf(format: Format): string {
  return format === 'csv' ? `${columns.join(',')}\r\n` : ''
}

/** Returns an entry as a line of the file. JSONL has all that the graph has; CSV has its columns, as RFC 4180 says. */
export function recordOf(format: Format, entry: Entry): string {
  if (format === 'jsonl') return `${JSON.stringify(entry)}\n`
  return `${columns.map((column) => field(entry[column])).join(',')}\r\n`
}

function field(value: string | number | null | Readonly<Record<string, string>>): string {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
