/** How deep JSON may be nested; a batch of entries with metadata over GraphQL, the deepest request, is 5 deep. */
export const maxJsonDepth = 64

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}')

/**
 * Whether text in JSON is nested deeper than is allowed: said before it is parsed, for whoever parses or checks it goes
 * into its depth. Of bytes that are no JSON it says anything.
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

/** Where the quote is that ends a string which begins at a place. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === backslash) at += 1
  }
  return bytes.length
}
