/** The place of a nonce in a text: so many digits, the same number wherever it is written. */
const place = '#nonce-of-16-xx#'

/** What a posting has in the place of its nonce. */
export const noncePlace = place

/**
 * A text that is sent again and again with fresh nonces: a sender has to write some digits, and makes no JSON anew. What it
 * spends on a processor is missing to the server.
 */
export function createTemplate(text: string): () => Buffer {
  const bytes = Buffer.from(text)
  const places: number[] = []
  for (let at = bytes.indexOf(place); at >= 0; at = bytes.indexOf(place, at + place.length)) places.push(at)
  return () => {
    const copy = Buffer.from(bytes)
    for (const at of places) copy.write(freshNonce(), at, 'latin1')
    return copy
  }
}

let count = 0
const sender = String(process.pid).padStart(7, '0').slice(-7)

function freshNonce(): string {
  count += 1
  return sender + String(count).padStart(9, '0')
}

/** What a hostile request says of who sends it, and a normal one. */
export const [hostileName, normalName] = ['hostile', 'normal']

/** The beginning of every hostile request. */
export function headOf(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${hostileName}\r\n`
}

/** A request over HTTP/1.1 as its bytes are. */
export function requestOf(method: string, path: string, body?: string): string {
  const head = headOf(method, path)
  if (body === undefined) return `${head}\r\n`
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** A GraphQL request. */
export function graphqlRequest(query: string, variables: object = {}): string {
  return requestOf('POST', '/graphql', JSON.stringify({ query, variables }))
}
