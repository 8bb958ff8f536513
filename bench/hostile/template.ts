/** The placeholder of a nonce in a text. Its length is fixed. */
const place = '#nonce-of-16-xx#'

/** The placeholder that a posting has instead of its nonce. */
export const noncePlace = place

/**
 * Makes a text that is sent again and again with fresh nonces. The sender only replaces digits and makes no JSON,
 * because the processor time that it uses is missing to the server.
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

/** The names under which hostile and normal requests are sent. */
export const [hostileName, normalName] = ['hostile', 'normal']

/** Returns the first lines of every hostile request. */
export function headOf(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${hostileName}\r\n`
}

/** Returns the bytes of a request over HTTP/1.1. */
export function requestOf(method: string, path: string, body?: string): string {
  const head = headOf(method, path)
  if (body === undefined) return `${head}\r\n`
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Returns a GraphQL request. */
export function graphqlRequest(query: string, variables: object = {}): string {
  return requestOf('POST', '/graphql', JSON.stringify({ query, variables }))
}
