import { createServer } from 'node:http'
import { listenOn } from '../listen-on.ts'
import { urlOf } from '../url-of.ts'

/** The metrics for a collector. */
interface Exposition {
  readonly contentType: string
  /** Returns the metrics as text. */
  text(): Promise<string>
}

/**
 * Serves metrics at `/metrics` on a separate port, without authentication.
 *
 * @throws Error that names METRICS_PORT when another process has the port
 */
export async function listenForScrapes(
  { contentType, text }: Exposition,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async ({ method = '', url = '' }, response) => {
    const head = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
    if (!/^\/metrics(?:\?|$)/.test(url)) return void response.writeHead(404, head).end()
    if (method !== 'GET' && method !== 'HEAD')
      return void response.writeHead(405, { ...head, allow: 'GET, HEAD' }).end()
    try {
      const body = await text()
      response
        .writeHead(200, { ...head, 'content-type': contentType })
        .end(method === 'HEAD' ? undefined : body)
    } catch {
      response.writeHead(503, head).end() // a worker did not answer in time
    }
  })
  await listenOn(
    server,
    { port, host, exclusive: true },
    () => new Error(`Port ${port} is taken by another process: choose another METRICS_PORT.`),
  )
  return {
    url: `${urlOf(server, host)}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
