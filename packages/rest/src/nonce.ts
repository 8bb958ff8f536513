import { isObject } from './json.ts'
import { validationProblem } from './problem.ts'

/** The header that may replace a body's nonce. */
export const idempotencyKeyHeader = 'Idempotency-Key'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Returns the body with its nonce, from the header or the body. With the header, an identical replay is answered like
 * the original. Without it, each replay is refused with 409.
 *
 * @throws Problem VALIDATION_ERROR when the header and the body differ
 */
export function withIdempotencyKey(body: unknown, header: string | null): unknown {
  if (header === null || !isObject(body)) return body
  const key = decodeHeader(header)
  if (body.nonce === undefined || body.nonce === key) return { ...body, nonce: key }
  throw validationProblem([
    { field: 'nonce', message: `differs from the header ${idempotencyKeyHeader}; send one of them` },
  ])
}

/** Decodes a header value as UTF-8. HTTP passes header values on as bytes, but the ledger compares characters. */
function decodeHeader(value: string): string {
  try {
    return utf8.decode(Uint8Array.from(value, (octet) => octet.charCodeAt(0)))
  } catch {
    throw validationProblem([{ field: idempotencyKeyHeader, message: 'must be UTF-8' }])
  }
}
