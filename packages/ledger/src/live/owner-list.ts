import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import { type EntriesInput, entryCursors } from '../reading/entries.ts'
import { gather } from './gather.ts'
import { type BookOfLists, type FollowedList, pageSize } from './list.ts'

/** Creates the lists of the entries of each owner in a book. A key is an owner, and a position is a seq. */
export function createOwnerLists<Operation extends string>({
  app,
  book,
  prisma,
  entries,
}: BookOfLists<EntriesInput<Operation>, Operation> & {
  readonly prisma: PrismaClient
}): FollowedList<Operation> {
  /** Returns the seq of each owner's last entry, for owners with entries. */
  const ends = async (ownerIds: readonly string[]) => {
    const rows = await query(
      () => prisma.$queryRaw<{ owner_id: string; seq: bigint }[]>`
        SELECT owner_id, seq FROM ledger.accounts WHERE book = ${book} AND owner_id = ANY(${ownerIds}::text[])`,
    )
    return new Map(rows.map(({ owner_id, seq }) => [owner_id, Number(seq)]))
  }
  const end = gather(ends)

  return {
    cursors: entryCursors,
    positionOf: ({ seq }) => seq,
    async start(ownerId) {
      const last = (await end(ownerId)) ?? 0
      return { position: last, last }
    },
    ends,
    lookAgainMs: () => undefined,
    // Without an end: a reader that knows of no more entries yet may still get them.
    page: (ownerId, position) =>
      entries({
        ownerId,
        book,
        order: 'OLDEST_FIRST',
        first: pageSize,
        after: entryCursors.write(BigInt(position)),
      }),
    // Seqs count the entries of other apps, too.
    async fallenBehind(ownerId, before, now) {
      const [row] = await query(
        () => prisma.$queryRaw<{ behind: bigint }[]>`
          SELECT count(*) FILTER (WHERE seq > ${before.seq}) - count(*) FILTER (WHERE seq <= ${now.position}) AS behind
            FROM ledger.entries
           WHERE app = ${app} AND book = ${book} AND owner_id = ${ownerId}
             AND (seq > ${before.seq} AND seq <= ${now.seq} OR seq > ${before.position} AND seq <= ${now.position})`,
      )
      return Number(row?.behind ?? 0)
    },
  }
}
