import { prismaSql } from '../../packages/ledger/src/database/sql.ts'
import { closedLoop } from '../closed-loop.ts'
import { type Distribution, distributions, ownerDraw } from '../owners.ts'
import { postCall, sqlOver } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import { type Context, post } from './context.ts'
import { createLockingPosting, createSumPosting } from './prisma-transactions.ts'

/** The ways to post one entry, from a call of the ledger to what people write without it. */
export const ways = ['batched', 'one-call-pg', 'one-call-prisma', 'for-update', 'sum'] as const
export type Way = (typeof ways)[number]

/** Ways that get faster with more connections than an app's pool has. */
export const wideWays = ['one-call-pg', 'for-update'] as const
type WideWay = (typeof wideWays)[number]

/** Returns the name of a variant with a connection for each of the usual callers. */
export function wide(way: WideWay, distribution: Distribution): string {
  return `wide-pool/${way}/${distribution}`
}

/** Returns the name of a variant of this file. */
export function inProcess(way: Way, distribution: Distribution, callers: number): string {
  return `post/${way}/${distribution}/${callers}`
}

/** One entry per call, in this process, for each way. */
export function inProcessVariants(context: Context): Variant[] {
  const { pool, widePool, prisma, sizes } = context
  const posters: Record<Way, Poster> = {
    batched: (ownerId) => post(context, ownerId),
    'one-call-pg': (ownerId) => postCall(sqlOver(pool), [ownerId]),
    'one-call-prisma': (ownerId) => postCall(prismaSql(prisma), [ownerId]),
    'for-update': createLockingPosting(pool),
    sum: createSumPosting(pool),
  }
  const widePosters: Record<WideWay, Poster> = {
    'one-call-pg': (ownerId) => postCall(sqlOver(widePool), [ownerId]),
    'for-update': createLockingPosting(widePool),
  }
  return distributions.flatMap((distribution) => {
    const draw = ownerDraw(distribution, sizes)
    const variant = (name: string, callers: number, poster: Poster): Variant => ({
      name,
      unit: 'entries/s',
      async measure(seconds) {
        return (await closedLoop({ callers, seconds }, () => poster(draw()))).callsPerSecond
      },
    })
    return [
      ...sizes.callers.flatMap((callers) =>
        ways.map((way) => variant(inProcess(way, distribution, callers), callers, posters[way])),
      ),
      ...wideWays.map((way) => variant(wide(way, distribution), sizes.usualCallers, widePosters[way])),
    ]
  })
}

type Poster = (ownerId: string) => Promise<unknown>
