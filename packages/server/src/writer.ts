import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type Answer, headersOf } from './answer.ts'
import type { App } from './app-options.ts'
import { markStream } from './shutdown.ts'
import type { Unread } from './unread.ts'

export type Write = (outgoing: ServerResponse, answer: Answer) => void

/**
 * Writes answers at the end of the turn of the event loop in which they were made. Writing each at once would wake its
 * client, which costs the server as much time as making the next answer.
 */
export function createWriter(answerFault: App['answerFault'], unread: Unread): Write {
  let ready: Parameters<typeof write>[] = []
  const write = (outgoing: ServerResponse, answer: Answer) => {
    let written = answer
    try {
      writeHead(outgoing, answer)
    } catch (error) {
      written = answerFault(error) // Node refuses some headers that the web allows
      writeHead(outgoing, written)
    }
    const { body } = written
    if (body instanceof ReadableStream) {
      sendStream(outgoing, body).catch(answerFault)
    } else {
      outgoing.end(body) // Node leaves the body out for a HEAD request
      unread.follow(outgoing, { body })
    }
  }
  return (outgoing, answer) => {
    if (ready.length === 0) {
      setImmediate(() => {
        const answers = ready
        ready = []
        for (const each of answers) write(...each)
      })
    }
    ready.push([outgoing, answer])
  }
}

function writeHead(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const head = headersOf(headers)
  if (body !== null && !(body instanceof ReadableStream))
    head['content-length'] = String(Buffer.byteLength(body))
  const vary = outgoing.getHeader('vary')
  if (vary !== undefined && head.vary !== undefined) head.vary = `${vary}, ${head.vary}`
  outgoing.writeHead(status, head)
}

/** Sends a stream as fast as its client takes it, and cancels it when the client leaves. Rejects when the stream fails. */
async function sendStream(outgoing: ServerResponse, stream: ReadableStream<Uint8Array>): Promise<void> {
  markStream(outgoing)
  if (outgoing.req.method === 'HEAD' || outgoing.destroyed) {
    await stream.cancel()
    outgoing.end()
    return
  }
  outgoing.flushHeaders()
  const left = new AbortController()
  const { signal } = left
  outgoing.once('close', () => left.abort())
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      // When the client leaves, this must not fail: pipeTo would then not cancel the stream.
      if (!outgoing.write(chunk)) await once(outgoing, 'drain', { signal }).catch(() => {})
    },
    close: () => void outgoing.end(),
  })
  try {
    await stream.pipeTo(sink, { signal })
  } catch (error) {
    if (outgoing.destroyed) return // the client left
    outgoing.destroy()
    throw error
  }
}
