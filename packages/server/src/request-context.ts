import type { Asker } from '@shared-ledger/rest'

/** What every resolver finds in its context, the app's own included, whichever way a document came. */
export type RequestContext = Pick<Asker, 'principal' | 'request'>

/** Adds what an app's resolvers need beside that. A common problem that it throws is the answer. */
export type CreateContext = (context: RequestContext) => object | Promise<object>
