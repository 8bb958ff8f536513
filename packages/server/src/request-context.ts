import type { Principal } from '@shared-ledger/ledger/facts'

/** What every resolver finds in its context, the app's own included, whichever way a document came. */
export interface RequestContext {
  readonly principal: Principal
  /** The request, without its body. */
  readonly request: Request
}

/** Adds what an app's resolvers need beside that. A Problem that it throws is the answer. */
export type CreateContext = (request: RequestContext) => object | Promise<object>
