import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { DocumentNode } from 'graphql'
import type { ForOperations } from './types.ts'

/** Types a document of the ledger's for one app: by the operations of its results, and those that its variables name. */
export type ForApp<Operation extends string, Given extends string = Operation> = <Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
) => TypedDocumentNode<ForOperations<Result, Operation>, ForOperations<Variables, Given>>

/** The ledger's documents name the enums of operations, not their values: any app's fit. */
export function forApp<Operation extends string, Given extends string = Operation>(): ForApp<
  Operation,
  Given
> {
  return (document) => {
    const untyped: DocumentNode = document
    return untyped
  }
}
