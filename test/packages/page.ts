import { createServer } from 'node:http'
import { listen } from './listen.ts'

/** A web page with one script. */
export interface Page {
  readonly origin: string
  /** Sets the script that the page runs from now on. */
  show(script: string): void
  stop(): Promise<void>
}

/** Serves a page on its own origin. */
export async function servePage(): Promise<Page> {
  let script = ''
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript ? script : '<!doctype html><body></body><script type="module" src="/page.js"></script>',
    )
  })
  const origin = await listen(server)
  return {
    origin,
    show(text) {
      script = text
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
