import type { PrismaClient } from '../database/database.ts'
import { isUnsupported, query } from '../database/database-errors.ts'
import {
  type BookOfApp,
  type PageParts,
  type PageRow,
  type PageShape,
  pagesQuery,
  seqAt,
} from './entries-query.ts'

/** How many pages a cluster reads at once for one call. The pool's other connections stay free. */
const atOnce = 4

/**
 * Returns a function that reads pages of one shape, in their order. One PostgreSQL reads them with one query. A cluster
 * refuses that query for several owners, which may be on different nodes, and for pages of a time. From then on, each
 * page is a query of its own, which is one node's work, after another one for its time.
 */
export function createPageReader(place: BookOfApp, prisma: PrismaClient) {
  let isShared = true
  const ask = (shape: PageShape, pages: readonly PageParts[]) =>
    query(() => prisma.$queryRaw<PageRow[]>(pagesQuery(place, shape, pages)))

  const askAlone = async (shape: PageShape, page: PageParts) => {
    const { ownerId, after, until } = page
    if (after === null && until === null) return ask(shape, [page])
    const [times] = await query(
      () => prisma.$queryRaw<{ above: bigint; below: bigint }[]>`
        SELECT greatest(${page.above}::bigint, ${seqAt(place, ownerId, after)}) AS above,
               least(${page.below}::bigint, ${seqAt(place, ownerId, until)} + 1) AS below`,
    )
    return ask(shape, [{ ...page, ...times, after: null, until: null }])
  }

  return async (shape: PageShape, pages: readonly PageParts[]): Promise<readonly PageRow[]> => {
    if (isShared) {
      try {
        return await ask(shape, pages)
      } catch (error) {
        if (!isUnsupported(error)) throw error
        isShared = false
      }
    }
    const rows: (readonly PageRow[])[] = []
    const waiting = pages.entries()
    const readNext = async () => {
      for (const [place, page] of waiting) rows[place] = await askAlone(shape, page)
    }
    await Promise.all(Array.from({ length: atOnce }, readNext))
    return rows.flat()
  }
}
