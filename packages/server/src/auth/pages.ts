import type { Principal } from '@shared-ledger/ledger/facts'
import { acceptedTypes, splitTarget } from '@shared-ledger/rest'
import type { RequestHead } from '../identify.ts'
import { graphqlTypes } from '../known-request.ts'

/** Who opens a page: nothing that has an owner is for them. */
export const visitor: Principal = { name: 'visitor', scopes: [] }

/**
 * Whether a request is for a page or one of its files: the same for all, and nothing of any account.
 *
 * @param pages The paths that are nothing else.
 * @param graphiql Where GraphiQL's page is, which shares its path with the graph.
 */
export function isPageRequest(
  head: RequestHead,
  { pages, graphiql }: { readonly pages: ReadonlySet<string>; readonly graphiql: string | undefined },
): boolean {
  if (head.method !== 'GET' && head.method !== 'HEAD') return false
  const { path } = splitTarget(head.target)
  return pages.has(path) || (path === graphiql && prefersPage(head.header('accept')))
}

/** Whether a GET of the graph asks for GraphiQL. */
export function prefersPage(accept: string | null): boolean {
  return acceptedTypes(accept, [...graphqlTypes, 'text/html'])[0] === 'text/html'
}
