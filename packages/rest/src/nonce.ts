import { isObject } from './json.ts'
import { validationProblem } from './problem.ts'

/** The header that may stand in place of a body's nonce. */
export const idempotencyKeyHeader = 'Idempotency-Key'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A body with its nonce, whichever way it was sent. Under the header an identical replay is answered like
 * the original; without it every replay is refused with 409.
 * @throws Problem VALIDATION_ERROR where header and body differ.
 */
export function withIdempotencyKey(body: unknown, header: string | null): unknown {
  if (header === null || !isObject(body)) return body
  const key = decodeHeader(header)
  if (body.nonce === undefined || body.nonce === key) return { ...body, nonce: key }
  throw validationProblem([
    { field: 'nonce', message: `differs from the header ${idempotencyKeyHeader}; send one of them` },
  ])
}

/** HTTP hands header values over as octets: the ledger compares the characters that the client meant. */
function decodeHeader(value: string): string {
  try {
    return utf8.decode(Uint8Array.from(value, (octet) => octet.charCodeAt(0)))
  } catch {
    throw validationProblem([{ field: idempotencyKeyHeader, message: 'must be UTF-8' }])
  }
}
