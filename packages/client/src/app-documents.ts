import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { DocumentNode } from 'graphql'
import { inBooks } from './in-books.ts'
import type { ForOperations } from './types.ts'

/**
 * Gives a document of the ledger the operations of one app: those in its results, and those that its variables accept.
 * In an app with several books, its results have theirs.
 */
export type ForApp<
  Operation extends string,
  Given extends string = Operation,
  Book extends string = never,
> = <Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
) => TypedDocumentNode<ForOperations<Result, Operation, Book>, ForOperations<Variables, Given>>

/**
 * Types the ledger's documents for one app. The documents name the enums of operations but not their values, so they
 * fit every app with one book. For an app with several books, the book is added to them.
 */
export function forApp<
  Operation extends string,
  Given extends string = Operation,
  Book extends string = never,
>({ books = false }: { readonly books?: boolean | undefined }): ForApp<Operation, Given, Book> {
  return (document) => {
    const untyped: DocumentNode = document
    return books ? inBooks(untyped) : untyped
  }
}
