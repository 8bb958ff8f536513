import type { Sql } from '../database/sql.ts'

// What `once` needs to know of an answer or a refusal. It is kept beside them: they are plain values that apps pass on.

const transactions = new WeakMap<object, Sql>()
const originals = new WeakMap<object, () => Promise<object>>()

/** Notes through which transaction something was posted with a nonce. */
export function notePosted(posted: object, sql: Sql): void {
  transactions.set(posted, sql)
}

/** The transaction in which a command has posted exactly this with a nonce; undefined where none has. */
export function postedThrough(posted: object): Sql | undefined {
  return transactions.get(posted)
}

/** Notes how what a command returned to a request is read again, for the refusal of the same request. */
export function noteOriginal(duplicate: object, read: () => Promise<object>): void {
  originals.set(duplicate, read)
}

/**
 * What the command that gave this refusal has returned to the original request; undefined where the refusal is no
 * duplicate of the same request. `Posted` is what the command returns.
 */
export function originalOf<Posted extends object>(refusal: unknown): Promise<Posted> | undefined
export function originalOf(refusal: unknown): Promise<object> | undefined {
  return refusal instanceof Error ? originals.get(refusal)?.() : undefined
}
