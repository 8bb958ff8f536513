import { type Principal, scopes } from '@shared-ledger/ledger/facts'
import { problem } from '@shared-ledger/rest'
import { type Identify, type RunningServer, type ServeOptions, startServer } from '@shared-ledger/server'
import { pino } from 'pino'

/** The callers, by their Authorization header. */
export const callers = {
  all: { name: 'all', scopes },
  read: { name: 'read', scopes: ['read'] },
  post: { name: 'post', scopes: ['post'] },
  correct: { name: 'correct', scopes: ['correct'] },
  admin: { name: 'admin', scopes: ['admin'] },
  ann: { name: 'ann', owner: 'ann' },
  eve: { name: 'eve', owner: 'eve' },
  nobody: { name: 'nobody', scopes: [] },
} as const satisfies Record<string, Principal>

export type Caller = keyof typeof callers

const identify: Identify = ({ header }) => {
  const name = header('authorization') ?? ''
  return Object.entries(callers).find(([caller]) => caller === name)?.[1] ?? problem('UNAUTHENTICATED')
}

/** What came back: the data and the codes of a GraphQL document, or the status, code and body of a REST request. */
export interface Received {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely.
  readonly json: any
}

/** Serves an app to the callers. */
export async function serveToCallers(
  createApp: (databaseUrl: string, logger: ServeOptions['logger'] & object) => ServeOptions,
  databaseUrl: string,
) {
  const logger = pino({ level: 'silent' })
  const server: RunningServer = await startServer({
    ...createApp(databaseUrl, logger),
    logger,
    identify,
    port: 0,
  })

  const send = async (caller: Caller, path: string, init: RequestInit = {}): Promise<Received> => {
    const headers = { authorization: caller, 'content-type': 'application/json', ...init.headers }
    const response = await fetch(server.url + path, { ...init, headers })
    const text = await response.text()
    return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
  }
  return {
    close: () => server.close(),
    rest: (caller: Caller, method: string, path: string, body?: object) =>
      send(caller, path, { method, ...(body && { body: JSON.stringify(body) }) }),
    graphql: (caller: Caller, query: string, variables: object = {}) =>
      send(caller, '/graphql', { method: 'POST', body: JSON.stringify({ query, variables }) }),
    /** Opens a subscription, and reads until the text of its events matches. */
    async stream(caller: Caller, query: string, until: RegExp): Promise<string> {
      const leave = new AbortController()
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          authorization: caller,
          'content-type': 'application/json',
          accept: 'text/event-stream',
        },
        body: JSON.stringify({ query }),
        signal: leave.signal,
      })
      let text = ''
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true })
        if (until.test(text)) break
      }
      leave.abort()
      return text
    },
  }
}
