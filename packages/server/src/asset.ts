import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Endpoint, getEndpoint } from './endpoint.ts'

const compress = promisify(gzip)

/**
 * Serves a file. It is loaded on the first request, then cached, compressed as well.
 *
 * @param load Returns the file's text or bytes.
 * @param ownHeaders Headers beside those of every file, which they override.
 */
export function createAsset(
  contentType: string,
  load: () => Promise<string | Uint8Array>,
  ownHeaders: Readonly<Record<string, string>> = {},
): Endpoint {
  const prepare = async () => {
    const plain = new Uint8Array(Buffer.from(await load()))
    const zipped = new Uint8Array(await compress(plain))
    return { plain, zipped, etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"` }
  }
  let prepared: ReturnType<typeof prepare> | undefined

  return getEndpoint(async (request) => {
    prepared ??= prepare().catch((error) => {
      prepared = undefined // the next request tries again
      throw error
    })
    const { plain, zipped, etag } = await prepared
    const headers = {
      'content-type': contentType,
      'cache-control': 'no-cache',
      etag,
      vary: 'accept-encoding',
      ...ownHeaders,
    }
    if (request.header('if-none-match') === etag) return { status: 304, headers, body: null, outcome: 'ok' }
    return request.header('accept-encoding')?.includes('gzip')
      ? { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: zipped, outcome: 'ok' }
      : { status: 200, headers, body: plain, outcome: 'ok' }
  })
}

/** Content types of the files that pages load. */
export const contentTypes = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const
