/** Finds numbers that may have more digits than a double keeps, or an exponent. Hardly any text has one. */
const suspect = /(?:^|[:,[\s])-?\d(?:[\d.]{15}|[\d.]*e)/i

/** The strings and numbers of a JSON text, so that no number is looked for inside of a string. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.e+-]*/gi

/**
 * The value of a JSON text. JSON.parse rounds numbers: 9007199254740991.4 becomes 9007199254740991, which a client did
 * not write and an amount may be. A number that would become another whole number, or none, is refused.
 *
 * @throws SyntaxError on what is no JSON
 * @throws InexactNumberError
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!suspect.test(text)) return value
  for (const [token] of text.matchAll(tokens)) {
    if (!token.startsWith('"') && !isKept(token)) throw new InexactNumberError(token)
  }
  return value
}

/** A JSON text has a number that JSON.parse makes another whole number of. */
export class InexactNumberError extends Error {
  constructor(written: string) {
    const shown = written.length > 50 ? `${written.slice(0, 50)}…` : written
    super(`The number ${shown} cannot be kept exactly: it would become ${Number(written)}.`)
  }
}

/** Whether a number stays what was written, or is a fraction: no field that counts takes one, rounded or not. */
function isKept(written: string): boolean {
  const read = Number(written)
  if (!Number.isFinite(read)) return false
  return !Number.isInteger(read) || decimal(written) === decimal(String(read))
}

/** A number's digits and the power of ten of the last one: the same for every way of writing it. */
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
