import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { Principal } from '@shared-ledger/ledger/facts'
import type { DocumentNode, ExecutionResult } from 'graphql'
import { graphProblem } from './refusal.ts'

/** Values of a document's variables. */
export type Variables = Readonly<Record<string, unknown>>

/** For whom a document is run. */
export interface Asker {
  /** Who sent the request. */
  readonly principal: Principal
  /** The request, without its body. */
  readonly request: Request
  /** Whether the client has left without its answer: nothing is begun for it any more. */
  hasLeft(): boolean
}

/** A document of which the data are known; the graph judges the variables. */
export type Document<Data> = TypedDocumentNode<Data, never>

/** Runs a document on the app's graph for a request, as the GraphQL endpoint would. */
export type Execute = (
  document: DocumentNode,
  variables: Variables,
  asker: Asker,
) => ExecutionResult | Promise<ExecutionResult>

/** Runs a document for the request at hand. @throws Problem for its `errors[]`. */
export type RunDocument = <Data>(document: Document<Data>, variables: Variables) => Promise<Data>

/** Binds `execute` to a request. */
export function runFor(execute: Execute, asker: Asker): RunDocument {
  return async <Data>(document: Document<Data>, variables: Variables) => {
    const { data, errors } = await execute(document, variables, asker)
    if (errors?.length || !data) throw graphProblem(errors ?? [])
    // The document fits the graph, which answers what the codegen says of it.
    return data as Data
  }
}
