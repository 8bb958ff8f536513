import type { Asker } from '@shared-ledger/rest'

/** The context of every resolver, the app's own included, for GraphQL and REST alike. */
export type RequestContext = Pick<Asker, 'principal' | 'request'>

/**
 * Returns what an app's resolvers need in their context in addition. A common problem that it throws becomes the
 * answer.
 */
export type CreateContext = (context: RequestContext) => object | Promise<object>
