import { AsyncLocalStorage } from 'node:async_hooks'
import type { RawRequest } from './raw-request.ts'

const requestIds = new AsyncLocalStorage<string>()

/** Answers a request. Every line that is logged meanwhile has its id. */
export function withRequestId<Result>(id: string, answer: () => Result): Result {
  return requestIds.run(id, answer)
}

/** Returns the id of the request that is being answered, or undefined outside of one. */
export function currentRequestId(): string | undefined {
  return requestIds.getStore()
}

/** A client's request id that is safe to log and to send back. */
const requestId = /^[\x21-\x7e]{1,128}$/

/** https://www.w3.org/TR/trace-context/#traceparent-header: version, trace id, parent id, flags. */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:$|-)/

/** Returns the id of a request: its x-request-id, else the trace id of its traceparent, else a new one. */
export function requestIdOf(request: Pick<RawRequest, 'header'>): string {
  const given = request.header('x-request-id')
  if (given !== null && requestId.test(given)) return given
  return traceparent.exec(request.header('traceparent') ?? '')?.[1] ?? crypto.randomUUID()
}
