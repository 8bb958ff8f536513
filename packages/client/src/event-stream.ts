import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { print } from 'graphql'
import { ClientError } from 'graphql-request'
import { headersOf, type LedgerClientOptions } from './transport.ts'

/** Opens a subscription, and gives its results until the server completes it. @throws what failureOf understands. */
export type OpenStream = <Result>(
  document: TypedDocumentNode<Result, never>,
  variables: object,
  signal: AbortSignal | undefined,
) => AsyncGenerator<Result, void>

/**
 * Subscriptions by GraphQL over SSE, each on a connection of its own. What is not read yet stays with the server.
 * @param maxSilenceMs How long a server may say nothing on an open stream: it pings every 12 seconds.
 */
export function createOpenStream(options: LedgerClientOptions, maxSilenceMs = 30_000): OpenStream {
  const { url, fetch: send = fetch, timeoutMs = 30_000 } = options
  return async function* <Result>(
    document: TypedDocumentNode<Result, never>,
    variables: object,
    signal: AbortSignal | undefined,
  ) {
    const query = print(document)
    const silence = createSilence()
    const onAbort = () => silence.control.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    try {
      const response = await silence.limit(timeoutMs, () =>
        send(new URL(url).href, {
          method: 'POST',
          headers: {
            ...headersOf(options),
            'content-type': 'application/json',
            accept: 'text/event-stream',
          },
          body: JSON.stringify({ query, variables }),
          signal: silence.control.signal,
        }),
      )
      const refused = (answer: object) =>
        new ClientError(
          { ...answer, status: response.status, headers: response.headers, body: '' },
          { query },
        )
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
      if (!response.ok || !isStream || !response.body) {
        throw refused(await response.json().catch(() => ({})))
      }
      const events = response.body
        .pipeThrough(silence.heard())
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream())
        .getReader()
      for (;;) {
        const { done, value } = await silence.limit(maxSilenceMs, () => events.read())
        if (done) throw lostConnection('the stream broke off')
        if (value.event === 'complete') return
        const { data, errors } = JSON.parse(value.data)
        if (errors) throw refused({ errors })
        yield data
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
      silence.control.abort()
    }
  }
}

/** What failureOf knows as a lost connection. */
export function lostConnection(reason: string): Error {
  return Object.assign(new Error(reason), { code: 'ECONNRESET' })
}

/** A limit to how long a server may be silent while it is listened to. */
function createSilence() {
  const control = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let restart = () => {}
  return {
    control,
    /** Waits for something from the server. */
    async limit<Value>(ms: number, wait: () => Promise<Value>): Promise<Value> {
      restart = () => {
        clearTimeout(timer)
        timer = setTimeout(
          () => control.abort(new DOMException('The server was silent for too long.', 'TimeoutError')),
          ms,
        )
      }
      restart()
      try {
        return await wait()
      } finally {
        clearTimeout(timer)
        restart = () => {}
      }
    },
    /** Notes what is heard of the server: also pings, which are no events. */
    heard: () =>
      new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
        transform(chunk, controller) {
          restart()
          controller.enqueue(new Uint8Array(chunk))
        },
      }),
  }
}
