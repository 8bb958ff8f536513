import type { PageInfo } from '@shared-ledger/client'

/** A part of a list. */
export interface Page<Node> {
  readonly nodes: readonly Node[]
  readonly pageInfo: Pick<PageInfo, 'hasNextPage' | 'endCursor'>
}

/** Where a page begins, and how many it has at most. */
interface Place {
  readonly first: number
  readonly after: string | undefined
}

/** How many a page of a graph may have. */
export const largestPage = 100

/** Reads as many of a list as are wanted. A page may have fewer than were asked for: the list then goes on after it. */
export async function readPages<Node>(
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  read: (place: Place) => Promise<Page<Node>>,
): Promise<Page<Node>> {
  const nodes: Node[] = []
  let pageInfo: Page<Node>['pageInfo'] = { hasNextPage: true, endCursor: after ?? null }
  while (pageInfo.hasNextPage && nodes.length < limit) {
    const first = Math.min(largestPage, limit - nodes.length)
    const page: Page<Node> = await read({ first, after: pageInfo.endCursor ?? undefined })
    nodes.push(...page.nodes)
    pageInfo = page.pageInfo
  }
  return { nodes, pageInfo }
}

/** What `--json` prints of a page's end. */
export function endOf({ pageInfo }: Page<unknown>): {
  readonly hasMore: boolean
  readonly endCursor: string | null
} {
  return { hasMore: pageInfo.hasNextPage, endCursor: pageInfo.endCursor }
}

/** Says how a list goes on. */
export function restOf({ pageInfo }: Page<unknown>): string[] {
  return pageInfo.hasNextPage ? ['', `There are more: --after ${pageInfo.endCursor}`] : []
}
