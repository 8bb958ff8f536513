import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { DocumentNode } from 'graphql'
import type { ForOperations } from './types.ts'

/**
 * Gives a document of the ledger the operations of one app: those in its results, and those that its variables accept.
 */
export type ForApp<Operation extends string, Given extends string = Operation> = <Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
) => TypedDocumentNode<ForOperations<Result, Operation>, ForOperations<Variables, Given>>

/**
 * Types the ledger's documents for one app. The documents name the enums of operations but not their values, so they
 * fit every app.
 */
export function forApp<Operation extends string, Given extends string = Operation>(): ForApp<
  Operation,
  Given
> {
  return (document) => {
    const untyped: DocumentNode = document
    return untyped
  }
}
