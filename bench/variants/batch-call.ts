import { closedLoop } from '../closed-loop.ts'
import { drawDifferent, spreadOwners } from '../owners.ts'
import { postByPg, postByPrisma, postCall } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import type { Context } from './context.ts'

export const batchCall = { prisma: 'batch-call/prisma', pg: 'batch-call/pg' } as const

/** As many as the batcher has lanes. */
const callers = 2

/** The call that the batcher makes, for as many different owners as it sends at most, through Prisma and without. */
export function batchCallVariants({ pool, prisma, sizes }: Context): Variant[] {
  const owners = spreadOwners(sizes)
  const share = Math.floor(owners.length / callers)
  /** Each caller has owners of its own, as each lane of the batcher has. */
  const drawBatch = (caller: number) =>
    postCall(drawDifferent(owners.slice(caller * share, (caller + 1) * share), sizes.batch))
  const variant = (name: string, send: (caller: number) => Promise<void>): Variant => ({
    name,
    unit: 'entries/s',
    async measure(seconds) {
      return (await closedLoop({ callers, seconds }, send)).callsPerSecond * sizes.batch
    },
  })
  return [
    variant(batchCall.prisma, (caller) => postByPrisma(prisma, drawBatch(caller))),
    variant(batchCall.pg, (caller) => postByPg(pool, drawBatch(caller))),
  ]
}
