import type { Draft } from './draft.ts'

/** An owner's account in a book. */
export interface Account {
  readonly ownerId: string
  readonly book: string
}

/** Returns a text that is different for each account. No owner contains NUL. */
export function accountKey({ ownerId, book }: Account): string {
  return `${ownerId}\0${book}`
}

/**
 * Returns the different accounts of drafts by the bytes of their owners, and those of an owner by the bytes of their
 * books, which is the order of the locks.
 */
export function accountsOf(drafts: readonly Draft[]): readonly Account[] {
  const accounts = new Map<string, Account>()
  for (const { lines } of drafts) for (const line of lines) accounts.set(accountKey(line), line)
  const all = [...accounts.values()]
  return all.length === 1 ? all : all.sort((a, b) => byBytes(a.ownerId, b.ownerId) || byBytes(a.book, b.book))
}

const isAscii = /^[\x20-\x7e]*$/

function byBytes(a: string, b: string): number {
  if (a === b) return 0
  if (isAscii.test(a) && isAscii.test(b)) return a < b ? -1 : 1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
