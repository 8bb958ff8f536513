import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { forApp } from './app-documents.ts'
import { createCommands, type LedgerCommands } from './commands.ts'
import { type EntriesPostedInput, entriesPosted, type LiveEntry } from './entries-posted.ts'
import { createOpenStream } from './event-stream.ts'
import { createReads, type LedgerReads } from './reads.ts'
import { defaultRetryPolicy } from './retry.ts'
import { createTransport, type LedgerClientOptions } from './transport.ts'
import type { SharedOperation } from './types.ts'

/** The argument for a document's variables. It is optional when no variable is required. */
export type VariablesArgument<Variables> =
  Record<never, never> extends Variables ? [variables?: Variables] : [variables: Variables]

/**
 * A client for one app's ledger. `transfer` needs an app with the transfer operations, `exchange` one with exchanges, `lot`,
 * `lots`, `liveLots`, `lotUses`, `entryLots`, `lotSummary`, `expiring` and `voidLot` one with lots, and `entriesPosted` a graph with live entries. Every app has
 * the rest.
 *
 * Each method first tries again after a lost connection, a retryable error, or status 408, 429, 502, 503 or 504, as `retry`
 * allows. It throws a LedgerClientError when the server cannot be reached or answers with errors.
 */
export interface LedgerClient<
  Operation extends string = SharedOperation,
  PostOperation extends Operation = Operation,
  Book extends string = never,
  ExchangeOperation extends PostOperation = never,
> extends LedgerCommands<Operation, PostOperation, Book, ExchangeOperation>,
    LedgerReads<Operation, Book> {
  /**
   * Yields the owner's entries as they are posted, oldest first, each once. Null stands for all owners. After a lost
   * connection it reconnects and continues after the last entry, as `retry` allows. Without `after`, the list starts when
   * the first entry is requested. Entries that are not read yet stay on the server.
   *
   * @example
   * ```ts
   * for await (const { entry, cursor } of ledger.entriesPosted('user-1', { signal })) {
   *   console.log(entry.operation, entry.amount, cursor)
   * }
   * ```
   * @throws LedgerClientError when reconnecting fails
   */
  entriesPosted(
    ownerId: string | null,
    input?: EntriesPostedInput<Book>,
  ): AsyncGenerator<LiveEntry<Operation, Book>, void>
  /**
   * Sends a typed document of the app's own. A query is sent again after a failure. A mutation is sent again only when
   * each of its root fields has a nonce: as an argument `nonce`, in an input object (`input: { nonce }`), or in each
   * object of a list.
   *
   * @throws LedgerClientError when the server cannot be reached or answers with errors
   */
  request<Result, Variables extends object>(
    document: TypedDocumentNode<Result, Variables>,
    ...variables: VariablesArgument<Variables>
  ): Promise<Result>
}

/** The options for an app with several books. An app with one book has none. */
export type BooksOption<Book extends string> = [Book] extends [never]
  ? { readonly books?: undefined }
  : {
      /** The app has several books. */
      readonly books: true
    }

/**
 * Creates a client for one app's ledger. The type parameters are the app's operations,
 * `OperationOf<typeof operations>`, and those that can be posted, `PostOperationOf<typeof operations>`. By default the
 * client knows the shared operations, and all of its operations can be posted. For an app with several books, the third
 * one is their names in the graph, `Uppercase<BookOf<typeof operations, 'content'>>`, and `books: true` goes with it. For
 * an app with exchanges, the fourth one is `ExchangeOperationOf<typeof operations>`.
 *
 * @example
 * ```ts
 * const ledger = createLedgerClient({ url: 'http://localhost:4001/graphql', key: process.env.LEDGER_KEY })
 * const result = await ledger.postEntry({ ownerId: 'user-1', operation: 'CREDIT_ADD', amount: 10 })
 * if (result.ok) console.log(result.balance.amount)
 * else console.log(result.code, result.message)
 * ```
 * @throws TypeError when the URL is invalid
 */
export function createLedgerClient<
  Operation extends string = SharedOperation,
  PostOperation extends Operation = Operation,
  Book extends string = never,
  ExchangeOperation extends PostOperation = never,
>(
  options: LedgerClientOptions & BooksOption<Book>,
): LedgerClient<Operation, PostOperation, Book, ExchangeOperation> {
  const send = createTransport(options)
  const open = createOpenStream(options)
  const policy = { ...defaultRetryPolicy, ...options.retry }
  const ofApp = forApp<Operation, Operation, Book>(options)
  const reads = createReads({ send, ofApp })

  return {
    ...createCommands({ send, ofApp: forApp<Operation, PostOperation, Book>(options), reads }),
    ...reads,
    entriesPosted(ownerId, input = {}) {
      const { book } = input
      const latestCursor = async () => {
        // A page of the whole app may be empty and end before the list does: then its end is where the search stopped.
        const { pageInfo } = await reads.entries({ ownerId: ownerId ?? undefined, book, first: 1 })
        return pageInfo.startCursor ?? pageInfo.endCursor ?? ''
      }
      return entriesPosted({ open, ofApp, latestCursor, policy }, ownerId, input)
    },
    async request(document, ...[variables]) {
      return (await send(document, variables ?? {})).result
    },
  }
}
