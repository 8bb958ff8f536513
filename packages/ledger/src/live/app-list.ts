import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import { appCursors } from '../reading/app-entries.ts'
import type { EntriesInput } from '../reading/entries.ts'
import type { Horizon } from '../reading/horizon.ts'
import { type BookOfLists, type FollowedList, pageSize } from './list.ts'

/** The key of the list of a whole app. No owner has it. */
export const wholeApp = ''

/** Creates the list of a whole app's entries in a book. A position is an id, and the list ends at the horizon. */
export function createAppList<Operation extends string>({
  app,
  book,
  prisma,
  horizon,
  entries,
}: BookOfLists<EntriesInput<Operation>, Operation> & {
  readonly prisma: PrismaClient
  readonly horizon: Horizon
}): FollowedList<Operation> {
  let lookAgainMs: number | undefined
  return {
    cursors: appCursors,
    positionOf: ({ id }) => Number(id),
    async start() {
      const decided = await horizon.reach()
      const { last } = await horizon.look()
      return { position: Number(decided), last: Number(last) }
    },
    async ends() {
      const sight = await horizon.look()
      lookAgainMs = sight.lookAgainMs
      return new Map([[wholeApp, Number(sight.decided ?? 0n)]])
    },
    lookAgainMs: () => lookAgainMs,
    page: (_key, position, end) =>
      entries({
        book,
        order: 'OLDEST_FIRST',
        first: pageSize,
        after: appCursors.write(BigInt(position)),
        before: appCursors.write(BigInt(Math.max(end, position)) + 1n),
      }),
    // Ids count the entries of other apps and books, too.
    async fallenBehind(_key, before, now) {
      const [row] = await query(
        () => prisma.$queryRaw<{ behind: bigint }[]>`
          SELECT count(*) FILTER (WHERE id > ${before.seq}) - count(*) FILTER (WHERE id <= ${now.position}) AS behind
            FROM ledger.entries
           WHERE app = ${app} AND book = ${book}
             AND (id > ${before.seq} AND id <= ${now.seq} OR id > ${before.position} AND id <= ${now.position})`,
      )
      return Number(row?.behind ?? 0)
    },
  }
}
