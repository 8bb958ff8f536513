import { type Problem, problemAnswer, type RestAnswer } from '@shared-ledger/rest'
import { securityHeaders } from './security-headers.ts'

/** An answer that is ready to be sent, with what the log says about it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Bytes are cached and shared by all clients. */
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
  /** A code such as `NOT_FOUND`, or `ok`. */
  readonly outcome: string
  /** For a stream: its outcome, known once it has ended. */
  readonly ended?: Promise<string>
  /** The name of the GraphQL operation that ran, if one did. */
  readonly operation?: string | undefined
  /** The path of the REST route, with the names of its parameters: `/ledger/{owner_id}`. */
  readonly route?: string
}

/** An answer whose body is text or empty. */
export type TextAnswer = Answer & { readonly body: string | null }

/** An answer whose body is not a stream. */
export type WholeAnswer = Answer & { readonly body: Exclude<Answer['body'], ReadableStream> }

/** Makes a JSON answer. */
export function jsonAnswer({ body, ...answer }: RestAnswer): TextAnswer {
  return { ...answer, body: body === null ? null : JSON.stringify(body) }
}

/** Makes an application/problem+json answer. */
export function problemResponse(problem: Problem): TextAnswer {
  return jsonAnswer(problemAnswer(problem))
}

/** Makes a GraphQL answer to a problem that was found before any GraphQL ran. */
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

/** Headers that frame a message on its connection. Only the code that writes to the connection can set them. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Returns the headers of an answer without the framing headers. */
export function headersOf(headers: Answer['headers']): Record<string, string> {
  const all: Record<string, string> = { ...securityHeaders }
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase()
    if (!framing.has(name)) all[name] = value
  }
  return all
}

/** Makes a web `Response`. A HEAD request gets the headers of a GET, without the body. */
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
