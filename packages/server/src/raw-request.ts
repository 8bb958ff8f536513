import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Intake, readBody, receiveBody } from './body.ts'

/** A request as it came. Making a web `Request` of it costs more than most answers. */
export interface RawRequest {
  readonly method: string
  /** The raw request target. A web `Request` holds only the normalised one, in which an owner called `..` is lost. */
  readonly target: string
  /** Returns a header by its lower-case name. Several headers of one name are joined, as `Headers` joins them. */
  header(name: string): string | null
  /** Returns the body. Every call returns the same one. @throws Problem */
  readBody(): Promise<Uint8Array>
  /** Whether the client has left: its connection is closed. */
  hasLeft(): boolean
  /** Returns a web `Request` without the body. Every call returns the same one. */
  toRequest(): Request
}

/**
 * Headers that may occur only once. Joining two of them would change the meaning, and a proxy may have used the one
 * that we ignore.
 */
const single: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'traceparent',
  'x-request-id',
])

const noBody = Promise.resolve(new Uint8Array())

/** A request on a socket. */
export class SocketRequest implements RawRequest {
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  readonly headerCount: number
  /** The name of a header that was sent more than once but must not be. */
  readonly repeated: string | undefined
  readonly #incoming: IncomingMessage
  readonly #headers = new Map<string, string>()
  readonly #outgoing: ServerResponse
  #body: Promise<Uint8Array> | undefined
  #request: Request | undefined

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.method = incoming.method ?? 'GET'
    this.target = incoming.url ?? '/'
    this.httpVersion = incoming.httpVersion
    const { rawHeaders } = incoming
    this.headerCount = rawHeaders.length / 2
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] ?? '').toLowerCase()
      const value = rawHeaders[index + 1] ?? ''
      const before = this.#headers.get(name)
      if (before !== undefined && single.has(name)) this.repeated ??= rawHeaders[index]
      this.#headers.set(name, before === undefined ? value : `${before}, ${value}`)
    }
  }

  header(name: string): string | null {
    return this.#headers.get(name) ?? null
  }

  /** Receives the body, if there is one. @throws Problem, NoRoomError */
  receive(intake: Intake): Promise<Uint8Array> | undefined {
    const hasBody = this.#headers.has('transfer-encoding') || Number(this.header('content-length')) > 0
    if (!hasBody) return undefined
    this.#body ??= receiveBody(this.#incoming, intake)
    // No answer may need the body. A rejection that nobody awaits must not end the process.
    this.#body.catch(() => {})
    return this.#body
  }

  readBody(): Promise<Uint8Array> {
    return this.#body ?? noBody
  }

  hasLeft(): boolean {
    return this.#incoming.socket.destroyed
  }

  toRequest(): Request {
    const origin = this.target.startsWith('/') ? `http://${this.header('host') ?? 'localhost'}` : ''
    this.#request ??= new Request(origin + this.target, {
      method: this.method,
      headers: [...this.#headers],
      signal: signalOf(this.#outgoing),
    })
    return this.#request
  }
}

/** Makes a raw request of a web `Request`, which came by no socket. */
export function requestWithoutSocket(request: Request, target = targetOf(request)): RawRequest {
  const { method, headers, signal } = request
  return {
    method,
    target,
    header: (name) => headers.get(name),
    readBody: () => readBody(request),
    hasLeft: () => signal.aborted,
    toRequest: () => request,
  }
}

function targetOf({ url }: Request): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** Returns a signal that aborts when a client leaves before its answer. */
function signalOf(outgoing: ServerResponse): AbortSignal {
  const leaving = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) leaving.abort()
  })
  return leaving.signal
}
