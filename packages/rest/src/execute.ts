import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { Principal } from '@shared-ledger/ledger/facts'
import type { DocumentNode, ExecutionResult } from 'graphql'
import { graphProblem } from './refusal.ts'

/** Values of a document's variables. */
export type Variables = Readonly<Record<string, unknown>>

/** The sender of a request, for whom a document runs. */
export interface Asker {
  /** The principal that sent the request. */
  readonly principal: Principal
  /** The request, without its body. */
  readonly request: Request
  /** Whether the client left before its answer. Nothing new is begun for it. */
  hasLeft(): boolean
}

/** A document whose result type is known. The graph checks the variables. */
export type Document<Data> = TypedDocumentNode<Data, never>

/** Runs a document on the app's graph for a request, as the GraphQL endpoint would. */
export type Execute = (
  document: DocumentNode,
  variables: Variables,
  asker: Asker,
) => ExecutionResult | Promise<ExecutionResult>

/** Runs a document for the current request. @throws Problem for the result's `errors[]` */
export type RunDocument = <Data>(document: Document<Data>, variables: Variables) => Promise<Data>

/** Binds `execute` to a request. */
export function runFor(execute: Execute, asker: Asker): RunDocument {
  return async <Data>(document: Document<Data>, variables: Variables) => {
    const { data, errors } = await execute(document, variables, asker)
    if (errors?.length || !data) throw graphProblem(errors ?? [])
    // The document fits the graph, so the result has the generated type.
    return data as Data
  }
}
