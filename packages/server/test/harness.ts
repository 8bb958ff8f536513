import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, beforeEach } from 'vitest'
import { openNotes } from '../../rest/test/notes-app.ts'
import { createApp } from '../src/app.ts'
import type { AppOptions } from '../src/app-options.ts'
import { captureLog } from './capture-log.ts'

export interface Received {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
  json: any
}

const database = await createTestDatabase()
export const { pool, ledger, schema, routes } = openNotes(database.url)
afterAll(async () => {
  await ledger.close()
  await pool.end()
  await database.drop()
})

let count = 0
let rowsBefore = 0
beforeEach(async () => {
  count += 1
  rowsBefore = await countRows()
})

async function countRows(): Promise<number> {
  const { rows } = await pool.query('SELECT FROM ledger.accounts UNION ALL SELECT FROM ledger.entries')
  return rows.length
}

/** Returns how many accounts and entries the current test has made, for any owner. */
export async function rowsWritten(): Promise<number> {
  return (await countRows()) - rowsBefore
}

/** Returns an owner that no other test of the file uses. */
export const owner = () => `ann-${count}`

/** Makes a posting for that owner, with its own nonce. */
export function posting(fields: Record<string, unknown> = {}) {
  const nonce = crypto.randomUUID()
  return { owner_id: owner(), operation: 'CREDIT_ADD', amount: 10, nonce, ...fields }
}

/** Makes a posting whose nonce is not in the body. */
export function postingWithoutNonce() {
  const { nonce: _, ...body } = posting()
  return body
}

/** Creates an app on this test file's database, without a socket, that keeps its log lines. */
export function createTestApp({
  served: graph = schema,
  ping = ledger.ping,
  ...options
}: {
  served?: typeof schema
  ping?: typeof ledger.ping
} & Pick<AppOptions, 'identify' | 'context' | 'plugins'> = {}) {
  const { logger, lines } = captureLog('content')
  const served = {
    app: 'content',
    ...options,
    ledger: { ...ledger, ping, close: async () => {} },
    schema: graph,
    routes,
    logger,
  }
  const app = createApp(served)

  /** Sends a request. A body that is neither text nor bytes is sent as JSON. `target` is sent unchanged. */
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
    app,
    served,
    lines,
    send,
    get: (target: string, headers?: Record<string, string>) => send('GET', target, undefined, headers),
    post: (body: unknown, headers?: Record<string, string>) => send('POST', '/ledger', body, headers),
    graphql: (query: string, variables?: object, headers?: Record<string, string>, operationName?: string) =>
      send('POST', '/graphql', { query, variables, operationName }, headers),
  }
}

/** Creates an app whose balance and postLedgerEntry throw errors that a working database never causes. */
export function createFailingApp(fail: () => unknown) {
  // The test changes this graph's fields, so it has its own graph, which connects to nothing.
  const { schema: served } = openNotes('postgresql://nobody@127.0.0.1:1/none')
  for (const field of [
    served.getQueryType()?.getFields().balance,
    served.getMutationType()?.getFields().postLedgerEntry,
  ]) {
    if (!field) throw new TypeError('The graph has no ledger.')
    field.resolve = () => {
      throw fail()
    }
  }
  return createTestApp({ served })
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
