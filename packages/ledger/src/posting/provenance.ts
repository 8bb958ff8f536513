import { AsyncLocalStorage } from 'node:async_hooks'
import type { Sql } from '../database/sql.ts'

// What `once` needs to know about a result or a refusal. It is stored outside of them, because they are plain values
// that apps pass on.

const transactions = new WeakMap<object, Sql>()
const counts = new AsyncLocalStorage<{ commands: number }>()
const originals = new WeakMap<object, () => Promise<object>>()

/** Notes the transaction in which something was posted with a nonce. */
export function notePosted(posted: object, sql: Sql): void {
  transactions.set(posted, sql)
  const count = counts.getStore()
  if (count) count.commands += 1
}

/** Runs work, and returns its result with the number of commands that posted with a nonce in it. */
export async function counted<Result>(
  work: () => PromiseLike<Result>,
): Promise<{ readonly result: Result; readonly commands: number }> {
  const count = { commands: 0 }
  const result = await counts.run(count, work)
  return { result, commands: count.commands }
}

/** Returns the transaction in which a command posted exactly this with a nonce. Undefined when there is none. */
export function postedThrough(posted: object): Sql | undefined {
  return transactions.get(posted)
}

/** Notes how to read a command's result again, for the refusal of the same request. */
export function noteOriginal(duplicate: object, read: () => Promise<object>): void {
  originals.set(duplicate, read)
}

/**
 * Returns the result of the original request, by the command that gave this refusal. Undefined when the refusal is not
 * a duplicate of the same request. `Posted` is the command's result.
 */
export function originalOf<Posted extends object>(refusal: unknown): Promise<Posted> | undefined
export function originalOf(refusal: unknown): Promise<object> | undefined {
  return refusal instanceof Error ? originals.get(refusal)?.() : undefined
}
