import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { forApp } from './app-documents.ts'
import { createCommands, type LedgerCommands } from './commands.ts'
import { type EntriesPostedInput, entriesPosted, type LiveEntry } from './entries-posted.ts'
import { createOpenStream } from './event-stream.ts'
import { createReads, type LedgerReads } from './reads.ts'
import { defaultRetryPolicy } from './retry.ts'
import { createTransport, type LedgerClientOptions } from './transport.ts'
import type { SharedOperation } from './types.ts'

/** A document's variables as an argument: optional when it has none that must be given. */
export type VariablesArgument<Variables> =
  Record<never, never> extends Variables ? [variables?: Variables] : [variables: Variables]

/**
 * One app's ledger. `transfer` needs the operations of transfers, `entriesPosted` a graph with live entries; all else every
 * app has.
 *
 * Each method throws a LedgerClientError when the server could not be reached or answered with errors; a lost
 * connection, a retryable error and 502, 503 and 504 are tried again first, as `retry` says.
 */
export interface LedgerClient<
  Operation extends string = SharedOperation,
  PostOperation extends Operation = Operation,
> extends LedgerCommands<Operation, PostOperation>,
    LedgerReads<Operation> {
  /**
   * The owner's entries as they are posted, oldest first, each once. A lost connection
   * is opened again after the last entry, as `retry` says. Without `after` the list begins when it is first asked for an
   * entry. What is not read stays with the server.
   */
  entriesPosted(ownerId: string, input?: EntriesPostedInput): AsyncGenerator<LiveEntry<Operation>, void>
  /**
   * Sends a typed document of the app's own. A mutation is tried again only when each of its root fields carries a
   * nonce: as an argument `nonce`, in an input object (`input: { nonce }`), or in each of a list of them.
   */
  request<Result, Variables extends object>(
    document: TypedDocumentNode<Result, Variables>,
    ...variables: VariablesArgument<Variables>
  ): Promise<Result>
}

/**
 * A client for an app's ledger. The type parameters hold the app's operations, `OperationOf<typeof operations>`, and
 * those that can be posted, `PostOperationOf<typeof operations>`: all unless given. Without any the client knows the
 * shared operations.
 * @throws TypeError when the URL is none.
 */
export function createLedgerClient<
  Operation extends string = SharedOperation,
  PostOperation extends Operation = Operation,
>(options: LedgerClientOptions): LedgerClient<Operation, PostOperation> {
  const send = createTransport(options)
  const open = createOpenStream(options)
  const policy = { ...defaultRetryPolicy, ...options.retry }
  const reads = createReads({ send, ofApp: forApp<Operation>() })

  return {
    ...createCommands({ send, ofApp: forApp<Operation, PostOperation>(), reads }),
    ...reads,
    entriesPosted(ownerId, input = {}) {
      const latestCursor = async () => (await reads.entries({ ownerId, first: 1 })).pageInfo.startCursor ?? ''
      return entriesPosted({ open, latestCursor, policy }, ownerId, input)
    },
    async request(document, ...[variables]) {
      return (await send(document, variables ?? {})).result
    },
  }
}
