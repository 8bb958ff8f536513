import type { ServerResponse } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import type { Observer } from '../log-answer.ts'
import type { RawRequest } from '../raw-request.ts'

/** Traces what a server does. It exists only when an endpoint for traces is set. */
export interface Tracing {
  /** Answers a request in its own span, which ends with the response. */
  request(request: Pick<RawRequest, 'method' | 'header'>, outgoing: ServerResponse, answer: () => void): void
  /** Runs each query and mutation of a schema in its own span. */
  traceFields(schema: GraphQLSchema): void
  /** Names the spans of requests after the route that answered. */
  readonly observer: Observer
  /** Sends the remaining spans, for a few seconds at most. */
  close(): Promise<void>
}
