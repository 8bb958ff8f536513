import { OverloadedError } from '../errors.ts'
import { createBatcher } from './batcher.ts'
import type { Draft } from './draft.ts'
import type { PostBatch } from './sender.ts'

/** The most unanswered drafts, wherever they wait. Beyond that, callers get OVERLOADED. */
const maxUnanswered = 10_000

/**
 * Posts the drafts of many callers in few calls: a batcher for each shard, because a call over several shards costs many
 * times as much. Drafts over several shards have a batcher of their own.
 *
 * @returns a function that rejects with OverloadedError, or as that of a batcher
 */
export function createLanes<Settled>(
  post: PostBatch<Settled>,
  {
    patienceMs,
    shardOf,
  }: {
    /** How long a draft waits for an account that is locked elsewhere. */
    readonly patienceMs: number
    readonly shardOf: (draft: Draft) => number
  },
): (draft: Draft) => Promise<Settled> {
  const batchers = new Map<number, (draft: Draft) => Promise<Settled>>()
  let unanswered = 0

  const batcherOf = (shard: number) => {
    const batcher = batchers.get(shard) ?? createBatcher(post, { patienceMs })
    batchers.set(shard, batcher)
    return batcher
  }

  return async (draft) => {
    if (unanswered >= maxUnanswered) throw new OverloadedError()
    unanswered += 1
    try {
      return await batcherOf(shardOf(draft))(draft)
    } finally {
      unanswered -= 1
    }
  }
}
