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

/** The query of a route that answers a page of a list. */
export const pageQuery = {
  first: wholeNumber.optional().meta({ description: 'How many of the list a page has.' }),
  after: z.string().optional().meta({ description: 'The `next` of the page before.' }),
}

/** The arguments that they are. */
export function pageArguments({ first, after }: { first?: string | undefined; after?: string | undefined }) {
  return { first: first && Number(first), after }
}

/** Where the next page begins. */
export const next = z
  .string()
  .nullable()
  .meta({ description: 'The `after` of the next page; null on the last.' })

/** The `next` of a page. */
export function nextOf({ pageInfo }: { pageInfo: { hasNextPage: boolean; endCursor: string | null } }) {
  return pageInfo.hasNextPage ? pageInfo.endCursor : null
}
