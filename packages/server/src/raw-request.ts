import type { IncomingMessage } from 'node:http'
import { readSmallBody } from './body.ts'

/** A request as it came: making a `Request` of the web of it costs more than most answers do. */
export interface RawRequest {
  readonly method: string
  /** The raw request target. */
  readonly target: string
  /** A header by its lower-case name; several of one name are joined, as `Headers` joins them. */
  header(name: string): string | null
  /** Reads the body, whose declared length is within the limit; the same each time. @throws Problem */
  readBody(): Promise<Uint8Array>
  /** What `readBody` returned, if it was called. */
  readonly body: Promise<Uint8Array> | undefined
  /** The same as a `Request` of the web, without its body; the same each time. */
  toRequest(): Request
}

/** A request on a socket. */
export class SocketRequest implements RawRequest {
  readonly method: string
  readonly target: string
  body: Promise<Uint8Array> | undefined
  readonly #incoming: IncomingMessage
  #request: Request | undefined

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming
    this.method = incoming.method ?? 'GET'
    this.target = incoming.url ?? '/'
  }

  header(name: string): string | null {
    const { rawHeaders } = this.#incoming
    let found: string | null = null
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const given = rawHeaders[index] ?? ''
      if (given.length !== name.length || given.toLowerCase() !== name) continue
      const value = rawHeaders[index + 1] ?? ''
      found = found === null ? value : `${found}, ${value}`
    }
    return found
  }

  readBody(): Promise<Uint8Array> {
    this.body ??= readSmallBody(this.#incoming)
    return this.body
  }

  toRequest(): Request {
    this.#request ??= this.#makeRequest()
    return this.#request
  }

  #makeRequest(): Request {
    const headers = new Headers()
    const { rawHeaders } = this.#incoming
    for (let index = 0; index < rawHeaders.length; index += 2) {
      headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
    }
    return new Request(`http://${this.header('host') ?? 'localhost'}${this.target}`, {
      method: this.method,
      headers,
    })
  }
}
