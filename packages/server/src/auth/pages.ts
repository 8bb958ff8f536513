import type { Principal } from '@shared-ledger/ledger/facts'
import { acceptedTypes, splitTarget } from '@shared-ledger/rest'
import type { RequestHead } from '../identify.ts'
import { graphqlTypes } from '../known-request.ts'

/** The principal of somebody who opens a page. It has no scopes. */
export const visitor: Principal = { name: 'visitor', scopes: [] }

/**
 * Whether a request is for a page or one of its files. These are the same for everybody and show no account.
 *
 * @param pages The paths that serve nothing but pages.
 * @param graphiql The path of GraphiQL's page, which the graph shares.
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
