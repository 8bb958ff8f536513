import type { ServerResponse } from 'node:http'
import { type Problem, problemAnswer, type RestAnswer } from '@shared-ledger/rest'
import { securityHeaders } from './security-headers.ts'

/** An answer ready to be sent, with what the log says of it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Bytes are kept, and the same for all who ask. */
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
  /** A code, or `ok`. */
  readonly outcome: string
  /** Of a stream: its outcome, once it has ended. */
  readonly ended?: Promise<string>
  /** The GraphQL operation that ran, if one did. */
  readonly operation?: string | undefined
  /** The path of the REST route that answers, with the names of its parameters. */
  readonly route?: string
}

/** An answer that is sent at once. */
export type TextAnswer = Answer & { readonly body: string | null }

/** An answer that is no stream. */
export type WholeAnswer = Answer & { readonly body: Exclude<Answer['body'], ReadableStream> }

/** A JSON answer. */
export function jsonAnswer({ body, ...answer }: RestAnswer): TextAnswer {
  return { ...answer, body: body === null ? null : JSON.stringify(body) }
}

/** An application/problem+json answer. */
export function problemResponse(problem: Problem): TextAnswer {
  return jsonAnswer(problemAnswer(problem))
}

/** A problem as GraphQL answers it, where no GraphQL ran. */
export function graphqlProblemResponse(problem: Problem): TextAnswer {
  const { status, headers, outcome } = problemAnswer(problem)
  const extensions = { code: problem.code, ...('retry-after' in headers && { retryable: true }) }
  return jsonAnswer({
    status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: { errors: [{ message: problem.message, extensions }] },
    outcome,
  })
}

/** Headers that say how a message is framed on its connection: only what sends it knows that. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** All headers of an answer but those of its framing. */
export function headersOf(headers: Answer['headers']): Record<string, string> {
  const all: Record<string, string> = { ...securityHeaders }
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase()
    if (!framing.has(name)) all[name] = value
  }
  return all
}

/** The response to a request by this method: to HEAD like that to GET, without its body. */
export function toResponse({ status, headers, body }: Answer, method: string): Response {
  const head = { status, headers: headersOf(headers) }
  if (method !== 'HEAD' || body === null) return new Response(body, head)
  if (body instanceof ReadableStream) {
    void body.cancel()
    return new Response(null, head)
  }
  const length = String(Buffer.byteLength(body))
  return new Response(null, { ...head, headers: { ...head.headers, 'content-length': length } })
}

export function isWhole(answer: Answer): answer is WholeAnswer {
  return !(answer.body instanceof ReadableStream)
}

/** Writes an answer to its socket. To HEAD, Node sends it without its body. */
export function writeAnswer(outgoing: ServerResponse, { status, headers, body }: WholeAnswer): void {
  const head = headersOf(headers)
  if (body !== null) head['content-length'] = String(Buffer.byteLength(body))
  const vary = outgoing.getHeader('vary')
  if (vary !== undefined && head.vary !== undefined) head.vary = `${vary}, ${head.vary}`
  outgoing.writeHead(status, head)
  outgoing.end(body)
}
