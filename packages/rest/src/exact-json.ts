/** Finds numbers with an exponent, or with more digits than a double may keep. Few texts have one. */
const suspect = /(?:^|[:,[\s])-?\d(?:[\d.]{15}|[\d.]*e)/i

/** Matches the strings and numbers of a JSON text. Matching strings as well avoids numbers inside of them. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.e+-]*/gi

/**
 * Parses JSON without silent rounding. JSON.parse turns 9007199254740991.4 into 9007199254740991, an amount that the
 * client did not write. A number that would become another whole number, or infinite, is refused.
 *
 * @throws SyntaxError when the text is not JSON
 * @throws InexactNumberError when a number would be rounded
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!suspect.test(text)) return value
  for (const [token] of text.matchAll(tokens)) {
    if (!token.startsWith('"') && !isKept(token)) throw new InexactNumberError(token)
  }
  return value
}

/** A JSON text has a number that JSON.parse would change. */
export class InexactNumberError extends Error {
  constructor(written: string) {
    const shown = written.length > 50 ? `${written.slice(0, 50)}…` : written
    super(`The number ${shown} cannot be kept exactly: it would become ${Number(written)}.`)
  }
}

/**
 * Whether a number keeps its value. A number that stays a fraction counts as kept, because no field with whole numbers
 * accepts it.
 */
function isKept(written: string): boolean {
  const read = Number(written)
  if (!Number.isFinite(read)) return false
  return !Number.isInteger(read) || decimal(written) === decimal(String(read))
}

/**
 * Returns a number's digits and the power of ten of its last digit. All ways to write the same number give the same
 * text.
 */
function decimal(written: string): string {
  const [mantissa = '', exponent = '0'] = written.toLowerCase().replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  return end === 0
    ? '0'
    : `${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`
}
