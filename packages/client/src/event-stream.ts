import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { print } from 'graphql'
import { ClientError } from 'graphql-request'
import { headersOf, type LedgerClientOptions } from './transport.ts'

/**
 * Opens a subscription and yields its results until the server completes it. @throws errors that `failureOf`
 * understands
 */
export type OpenStream = <Result>(
  document: TypedDocumentNode<Result, never>,
  variables: object,
  signal: AbortSignal | undefined,
) => AsyncGenerator<Result, void>

/**
 * Makes a function that opens subscriptions by GraphQL over SSE, each on its own connection. Results that are not read
 * yet stay on the server.
 *
 * @param maxSilenceMs How long a server may be silent on an open stream. It pings every 12 seconds.
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

/** Makes an error that `failureOf` recognises as a lost connection. */
export function lostConnection(reason: string): Error {
  return Object.assign(new Error(reason), { code: 'ECONNRESET' })
}

/** Limits how long a server may be silent while the client waits for it. */
function createSilence() {
  const control = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let restart = () => {}
  return {
    control,
    /** Waits for something from the server, at most `ms` of silence. */
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
    /** Notes that the server sent something. Pings count too, though they are not events. */
    heard: () =>
      new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
        transform(chunk, controller) {
          restart()
          controller.enqueue(new Uint8Array(chunk))
        },
      }),
  }
}
