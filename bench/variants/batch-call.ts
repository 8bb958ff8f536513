import { prismaSql, type Sql } from '../../packages/ledger/src/database/sql.ts'
import { closedLoop } from '../closed-loop.ts'
import { drawDifferent, spreadOwners } from '../owners.ts'
import { postCall, sqlOver } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import type { Context } from './context.ts'

export const batchCall = { prisma: 'batch-call/prisma', pg: 'batch-call/pg' } as const

/** The number of the batcher's lanes. */
const callers = 2

/** The batcher's call, for the most owners that it sends at once, with Prisma and without. */
export function batchCallVariants({ pool, prisma, sizes }: Context): Variant[] {
  const owners = spreadOwners(sizes)
  const share = Math.floor(owners.length / callers)
  /** Each caller has its own owners, as each lane of the batcher has. */
  const drawBatch = (caller: number) =>
    drawDifferent(owners.slice(caller * share, (caller + 1) * share), sizes.batch)
  const variant = (name: string, sql: Sql): Variant => ({
    name,
    unit: 'entries/s',
    async measure(seconds) {
      const loop = await closedLoop({ callers, seconds }, (caller) => postCall(sql, drawBatch(caller)))
      return loop.callsPerSecond * sizes.batch
    },
  })
  return [variant(batchCall.prisma, prismaSql(prisma)), variant(batchCall.pg, sqlOver(pool))]
}
