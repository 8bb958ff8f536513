import { ClientError } from 'graphql-request'
import type { LedgerClientFailure } from './errors.ts'
import { retryAfterMs } from './retry.ts'

/** One attempt that failed. */
interface Failure extends LedgerClientFailure {
  /** Whether the server may have carried the request out anyway. */
  readonly maybeDone: boolean
  /** How long the server asks the client to wait. */
  readonly retryAfterMs?: number | undefined
}

const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504])

/** Codes of failures before anything was sent. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const lostCodes: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/** The messages for a lost connection of Node, node-fetch, Chromium, Firefox and Safari, in this order. */
const lostMessage =
  /fetch failed|terminated|socket hang up|premature close|failed to fetch|network ?error|load failed/i

/** Explains a value that graphql-request threw. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof ClientError) return answeredFailure(thrown.response)
  const chain = causesOf(thrown)
  const cause = thrown
  const reason = chain.at(-1)?.message ?? String(thrown)
  if (chain.some((error) => error.name === 'TimeoutError')) {
    return { code: 'TIMEOUT', message: 'No answer in time.', retryable: true, maybeDone: true, cause }
  }
  if (chain.some((error) => unsentCodes.has(codeOf(error)))) {
    const message = `The server could not be reached: ${reason}`
    return { code: 'UNREACHABLE', message, retryable: true, maybeDone: false, cause }
  }
  if (chain.some((error) => lostCodes.has(codeOf(error)) || lostMessage.test(error.message))) {
    const message = `The connection was lost: ${reason}`
    return { code: 'CONNECTION_LOST', message, retryable: true, maybeDone: true, cause }
  }
  return { code: 'REQUEST_FAILED', message: reason, retryable: false, maybeDone: true, cause }
}

/** The server answered with errors. Only their messages are kept. */
function answeredFailure({ status, headers, errors = [] }: ClientError['response']): Failure {
  const [first] = errors
  const code = first?.extensions?.code
  return {
    code: typeof code === 'string' ? code : first ? 'GRAPHQL_ERROR' : `HTTP_${status}`,
    message: first?.message ?? `The server answered ${status}.`,
    retryable:
      retryableStatuses.has(status) ||
      (errors.length > 0 && errors.every(({ extensions }) => extensions?.retryable === true)),
    status,
    maybeDone: true,
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  }
}

/** Returns the error and its causes, outermost first. */
function causesOf(thrown: unknown): Error[] {
  const chain: Error[] = []
  for (let error = thrown; error instanceof Error && !chain.includes(error); error = error.cause) {
    chain.push(error)
  }
  return chain
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined
}
