import type { ServerResponse } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import type { Observer } from '../log-answer.ts'
import type { RawRequest } from '../raw-request.ts'

/** Traces what a server does; there is none where no endpoint for traces is set. */
export interface Tracing {
  /** Answers a request in its span, which ends with the response. */
  request(request: Pick<RawRequest, 'method' | 'header'>, outgoing: ServerResponse, answer: () => void): void
  /** Has each query and mutation of a schema run in a span of its own. */
  traceFields(schema: GraphQLSchema): void
  /** Names the spans of requests by what answered them. */
  readonly observer: Observer
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>
}
