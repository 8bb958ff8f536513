import { InexactNumberError, parseExactJson } from './exact-json.ts'
import { isTooDeep, maxJsonDepth } from './json-depth.ts'
import { Problem, problem } from './problem.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Refuses a body that is not declared as JSON in UTF-8. Any web page can send other types without a CORS preflight. A
 * compressed body is refused as well, because it could unfold to any size.
 *
 * @throws Problem UNSUPPORTED_MEDIA_TYPE
 */
export function checkMediaType(request: { header(name: string): string | null }): void {
  const encoding = request.header('content-encoding')?.trim().toLowerCase() || 'identity'
  if (encoding !== 'identity') {
    const detail = 'The body must be sent without a Content-Encoding.'
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', detail, {}, { 'accept-encoding': 'identity' })
  }
  const [type = '', ...parameters] = (request.header('content-type') ?? '').toLowerCase().split(';')
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replace(/^"(.*)"$/, '$1')
  const isJson = type.trim() === 'application/json'
  if (!isJson || (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')) {
    throw problem('UNSUPPORTED_MEDIA_TYPE')
  }
}

/**
 * Parses a body as JSON. When a key occurs twice, the last value counts.
 *
 * @throws Problem MALFORMED_JSON, also for bytes that are not UTF-8 and for numbers that would be rounded
 * @throws Problem MALFORMED_REQUEST when it is nested too deeply
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (isTooDeep(bytes)) {
    throw problem('MALFORMED_REQUEST', `The JSON is nested more than ${maxJsonDepth} deep.`)
  }
  try {
    return parseExactJson(utf8.decode(bytes))
  } catch (error) {
    const inexact = error instanceof InexactNumberError
    throw problem('MALFORMED_JSON', inexact ? error.message : 'The body is not JSON in UTF-8.')
  }
}
