import { limits } from '@shared-ledger/ledger/facts'
import { z } from 'zod'

const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number')
  .meta({
    type: 'integer',
    pattern: undefined,
    minimum: 1,
    maximum: limits.pageSize,
    default: limits.defaultPageSize,
  })

/** The query parameters of a route that answers with a page. */
export const pageQuery = {
  first: wholeNumber.optional().meta({ description: 'The size of a page.' }),
  after: z.string().optional().meta({ description: 'The `next` of the previous page.' }),
}

/** Returns the graph's arguments for a page. */
export function pageArguments({ first, after }: { first?: string | undefined; after?: string | undefined }) {
  return { first: first && Number(first), after }
}

/** The cursor of the next page. */
export const next = z
  .string()
  .nullable()
  .meta({ description: 'The `after` of the next page; null on the last.' })

/** Returns the field `next` of a page, which is null on the last page. */
export function nextOf({ pageInfo }: { pageInfo: { hasNextPage: boolean; endCursor: string | null } }) {
  return pageInfo.hasNextPage ? pageInfo.endCursor : null
}
