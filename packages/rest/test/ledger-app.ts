import { Writable } from 'node:stream'
import type { Ledger, Operations } from '@shared-ledger/ledger'
import { createLogger } from '@shared-ledger/server'
import pg from 'pg'
import { buildSchema } from '../../plugin-ledger/test/build-schema.ts'
import { openGames } from '../../plugin-ledger/test/open-games.ts'
import { createApp } from '../../server/src/app.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
  readonly json: any
}

/** Opens an app whose graph has every part of a ledger, on a database of this test file. */
export async function openApp() {
  const { database, sql, pool, ledger } = await openGames()
  const schema = buildSchema(ledger)
  const faults: string[] = []
  const log = new Writable({
    write(chunk, _encoding, done) {
      if (JSON.parse(String(chunk)).level >= 50) faults.push(String(chunk))
      done()
    },
  })
  const app = createApp({ app: 'games', ledger, schema, logger: createLogger('games', log) })

  const { send, get, post } = requestsTo(app)

  /** Gives an owner credits. */
  const give = async (ownerId: string, amount: number, metadata?: Readonly<Record<string, string>>) => {
    const nonce = crypto.randomUUID()
    const { status, json } = await post('/ledger', {
      owner_id: ownerId,
      operation: 'CREDIT_ADD',
      amount,
      nonce,
      metadata,
    })
    if (status !== 200) throw new Error(JSON.stringify(json))
    return json.entry
  }

  /** Returns the balances of owners. */
  const balances = (...ownerIds: string[]) =>
    Promise.all(ownerIds.map(async (ownerId) => (await get(`/balance/${ownerId}`)).json.balance))

  /** Returns everything that is written, for comparison. */
  const written = async (): Promise<string> => {
    const { rows } = await sql.query(`
      SELECT (SELECT json_agg(a ORDER BY a.book, a.owner_id) FROM ledger.accounts a) AS accounts,
             (SELECT json_agg(e ORDER BY e.id) FROM ledger.entries e) AS entries,
             (SELECT json_agg(h ORDER BY h.id) FROM ledger.holds h) AS holds`)
    return JSON.stringify(rows)
  }

  /** Makes the ledger's clock wrong by an interval, such as `2 seconds`. */
  const shiftClock = (interval: string) =>
    sql.query(`
      CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
      RETURN clock_timestamp() + interval ${pg.escapeLiteral(interval)}`)

  return { database, pool, ledger, sql, send, get, post, give, balances, written, shiftClock, faults }
}

/** Serves the graph of a ledger alone. Returns functions that send requests, and one that posts entries. */
export function appOf<Ops extends Operations, App extends string>(app: App, ledger: Ledger<Ops, App>) {
  const schema = buildSchema(ledger)
  const logger = createLogger(app, new Writable({ write: (_chunk, _encoding, done) => done() }))
  const requests = requestsTo(createApp({ app, ledger, schema, logger }))
  let count = 0
  /** Posts an entry, and returns it. */
  const enter = async (owner_id: string, operation: string, amount?: number, metadata?: object) => {
    const nonce = `${app}-${++count}`
    const { status, json } = await requests.post('/ledger', { owner_id, operation, amount, nonce, metadata })
    if (status !== 200) throw new Error(JSON.stringify(json))
    return json.entry
  }
  return { ...requests, enter, schema }
}

/** Returns functions that send requests to an app, past the network. */
export function requestsTo(app: { fetch(request: Request, target: string): Response | Promise<Response> }) {
  /** Sends a request with a JSON body, or none. `target` is sent unchanged. */
  const send = async (method: string, target: string, body?: unknown, headers = {}): Promise<Answer> => {
    const request = new Request('http://test/', {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const response = await app.fetch(request, target)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      json: text === '' ? undefined : JSON.parse(text),
    }
  }
  const get = (target: string) => send('GET', target)
  const post = (target: string, body: unknown, headers = {}) => send('POST', target, body, headers)
  return { send, get, post }
}
