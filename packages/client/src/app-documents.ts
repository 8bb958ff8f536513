import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { DocumentNode } from 'graphql'
import type { ForOperations } from './types.ts'

/** Types a document of the ledger's for one app. */
export type ForApp<Operation extends string> = <Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
) => TypedDocumentNode<ForOperations<Result, Operation>, ForOperations<Variables, Operation>>

/** The ledger's documents name the enum of operations, not its values: any app's fit. */
export function forApp<Operation extends string>(): ForApp<Operation> {
  return (document) => {
    const untyped: DocumentNode = document
    return untyped
  }
}
