import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { DocumentNode } from 'graphql'
import { LedgerClientError } from './errors.ts'
import {
  BalanceDocument,
  EntriesDocument,
  EntryByNonceDocument,
  EntryDocument,
  OperationsDocument,
  PostEntryDocument,
} from './generated/documents.ts'
import { type PostEntryResult, toResult } from './post-entry.ts'
import { createTransport, type LedgerClientOptions } from './transport.ts'
import type {
  EntryFilter,
  EntryPage,
  ForOperations,
  LedgerBalance,
  LedgerEntry,
  LedgerOperationInfo,
  PageInput,
  PostEntryInput,
  SharedOperation,
} from './types.ts'

/** A document's variables as an argument: optional when it has none that must be given. */
export type VariablesArgument<Variables> =
  Record<never, never> extends Variables ? [variables?: Variables] : [variables: Variables]

/**
 * One app's ledger, as far as every app has it. Each method throws a LedgerClientError when the server could
 * not be reached or answered with errors; a lost connection, a retryable error and 502, 503 and 504 are
 * tried again first, as `retry` says.
 */
export interface LedgerClient<Operation extends string = SharedOperation> {
  /**
   * Posts an entry, once: all attempts carry the same nonce, so that one whose answer was lost is found, and
   * answered as a success with `replayed: true`. A caller's nonce that was used before this call is refused
   * with DuplicateNonceError. There is one exception: once an attempt was sent and failed, an identical posting
   * under the nonce may be that attempt's or an earlier call's. Both are answered with `replayed: true`.
   */
  postEntry(input: PostEntryInput<Operation>): Promise<PostEntryResult<Operation>>
  /** What the owner has, in credits. */
  balance(ownerId: string): Promise<LedgerBalance>
  entry(id: string): Promise<LedgerEntry<Operation> | null>
  entryByNonce(ownerId: string, nonce: string): Promise<LedgerEntry<Operation> | null>
  /** One page of the owner's entries, newest first. */
  entries(input: EntryFilter<Operation> & PageInput): Promise<EntryPage<Operation>>
  /** All of the owner's entries, newest first, read page by page as they are asked for. */
  allEntries(
    input: EntryFilter<Operation> & { pageSize?: number },
  ): AsyncGenerator<LedgerEntry<Operation>, void>
  /** The app's operations and their amount rules: what a form needs. */
  operations(): Promise<readonly LedgerOperationInfo<Operation>[]>
  /**
   * Sends a typed document of the app's own. A mutation is tried again only when each of its root fields
   * carries a nonce, as an argument `nonce` or in an input object (`input: { nonce }`).
   */
  request<Result, Variables extends object>(
    document: TypedDocumentNode<Result, Variables>,
    ...variables: VariablesArgument<Variables>
  ): Promise<Result>
}

/**
 * A client for an app's ledger. The type parameter holds the app's operations, `OperationOf<typeof operations>`;
 * without it the client knows the shared ones.
 * @throws TypeError when the URL is none.
 */
export function createLedgerClient<Operation extends string = SharedOperation>(
  options: LedgerClientOptions,
): LedgerClient<Operation> {
  const send = createTransport(options)

  /** The contract's documents name the enum, not its values: any app's fit. */
  function ask<Result, Variables extends object>(
    document: TypedDocumentNode<Result, Variables>,
    variables: ForOperations<Variables, Operation>,
  ) {
    const untyped: DocumentNode = document
    const ofApp: TypedDocumentNode<ForOperations<Result, Operation>, never> = untyped
    return send(ofApp, variables)
  }

  async function entries({ ownerId, operations, ...page }: EntryFilter<Operation> & PageInput) {
    const { result } = await ask(EntriesDocument, { ownerId, operations, ...page })
    const { edges, pageInfo } = result.ledgerEntries
    return { entries: edges.map(({ node }) => node), pageInfo }
  }

  return {
    async postEntry({ nonce: given, ...input }) {
      const nonce = given ?? crypto.randomUUID()
      try {
        const { result, maybeDoneBefore } = await ask(PostEntryDocument, { input: { ...input, nonce } })
        return toResult(result.postLedgerEntry, { ours: given === undefined || maybeDoneBefore })
      } catch (error) {
        throw error instanceof LedgerClientError ? error.ofPosting(nonce) : error
      }
    },
    async balance(ownerId) {
      return (await ask(BalanceDocument, { ownerId })).result.balance
    },
    async entry(id) {
      return (await ask(EntryDocument, { id })).result.ledgerEntry
    },
    async entryByNonce(ownerId, nonce) {
      return (await ask(EntryByNonceDocument, { ownerId, nonce })).result.ledgerEntryByNonce
    },
    entries,
    async *allEntries({ pageSize = 100, ...filter }) {
      let after: string | undefined
      do {
        const page = await entries({ ...filter, first: pageSize, after })
        yield* page.entries
        after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? undefined) : undefined
      } while (after !== undefined)
    },
    async operations() {
      return (await ask(OperationsDocument, {})).result.ledgerOperations
    },
    async request(document, ...[variables]) {
      return (await send(document, variables ?? {})).result
    },
  }
}
