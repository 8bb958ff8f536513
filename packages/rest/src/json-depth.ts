/** How deeply JSON may be nested. The deepest valid request, a GraphQL batch of entries with metadata, is 5 deep. */
export const maxJsonDepth = 64

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}')

/**
 * Whether JSON is nested more deeply than allowed. It is checked before parsing, because a parser recurses into the
 * depth. For bytes that are not JSON, the result means nothing.
 */
export function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quote) at = endOfString(bytes, at)
    else if (byte === openBracket || byte === openBrace) depth += 1
    else if (byte === closeBracket || byte === closeBrace) depth -= 1
    if (depth > maxJsonDepth) return true
  }
  return false
}

/** Returns the position of the quote that ends the string at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === backslash) at += 1
  }
  return bytes.length
}
