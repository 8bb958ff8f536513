import { Writable } from 'node:stream'
import { createLogger } from '@shared-ledger/server'
import { createNotesApp } from '../../rest/test/notes-app.ts'
import { createApp } from '../src/app.ts'

export interface Received {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
  json: any
}

/** An app in memory, with the lines that it logs. */
export function createTestApp(options: { fail?: (how: string) => unknown; ping?: () => Promise<void> } = {}) {
  const notes = createNotesApp(options.fail)
  const lines: Record<string, unknown>[] = []
  const logger = createLogger(
    'notes',
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)))
        done()
      },
    }),
  )
  const ledger = {
    ping: options.ping ?? (async () => {}),
    assertReady: async () => {},
    close: async () => {},
  }
  const served = { app: 'notes', ledger, schema: notes.schema, routes: notes.routes, logger }
  const app = createApp(served)

  /** Sends a request; a body that is no text or bytes goes as JSON. `target` is sent as it is. */
  async function send(
    method: string,
    target: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Received> {
    const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
    const request = new Request(`http://test${target}`, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
    })
    return receive(await app.fetch(request, target))
  }

  return {
    ...notes,
    app,
    served,
    lines,
    send,
    get: (target: string, headers?: Record<string, string>) => send('GET', target, undefined, headers),
    post: (body: unknown, headers?: Record<string, string>) => send('POST', '/ledger', body, headers),
    graphql: (query: string, variables?: object, headers?: Record<string, string>) =>
      send('POST', '/graphql', { query, variables }, headers),
  }
}

export async function receive(response: Response): Promise<Received> {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : undefined,
  }
}

let count = 0

/** A posting with a nonce of its own. */
export function posting(fields: Record<string, unknown> = {}) {
  return { owner_id: 'ann', operation: 'CREDIT_ADD', amount: 10, nonce: `nonce-${++count}`, ...fields }
}
