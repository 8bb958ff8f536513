import type { IncomingMessage } from 'node:http'
import { problem } from '@shared-ledger/rest'

/**
 * The largest body that is read. The largest request is a batch of 1,000 entries: it leaves 2 KiB for each, which is an
 * owner and a nonce of 255 characters and 1.4 KiB of metadata. Everything else needs far less.
 */
export const maxBodyBytes = 2 * 1024 * 1024

/** How much of a refused one is received and dropped, so that its sender gets to read the answer. */
const maxDrainedBytes = 32 * 1024 * 1024

/** The body of a request. @throws Problem PAYLOAD_TOO_LARGE, or MALFORMED_REQUEST where the sender left. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  try {
    // Node's parser sees to it that no more is sent than was declared.
    if (declared !== null && Number(declared) <= maxBodyBytes) {
      return new Uint8Array(await request.arrayBuffer())
    }
    return request.body ? await collect(request.body) : new Uint8Array()
  } catch (error) {
    throw error instanceof BodyTooLarge ? problem('PAYLOAD_TOO_LARGE') : bodyCutOff()
  }
}

/** The body of a request that has declared a length within the limit. @throws Problem MALFORMED_REQUEST */
export function readSmallBody(incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    incoming.on('close', () => {
      if (!incoming.complete) reject(bodyCutOff())
    })
  })
}

function bodyCutOff() {
  return problem('MALFORMED_REQUEST', 'The body ended before its time.')
}

/** Receives and drops a body that nothing has read: a sender that is cut off half-way reads no answer. */
export async function drainBody(request: Request): Promise<void> {
  if (request.method === 'GET' || request.method === 'HEAD' || request.bodyUsed) return
  // A sender that left, or one of too much, is answered all the same.
  await receive(request.body, () => {}).catch(() => {})
}

class BodyTooLarge extends Error {}

async function collect(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const size = await receive(body, (chunk, received) => {
    if (received <= maxBodyBytes) chunks.push(chunk)
  })
  if (size > maxBodyBytes) throw new BodyTooLarge()
  return Buffer.concat(chunks)
}

/** Reads a body to its end, or as far as is drained; answers how many bytes came. */
async function receive(
  body: ReadableStream<Uint8Array> | null,
  take: (chunk: Uint8Array, received: number) => void,
): Promise<number> {
  const reader = body?.getReader()
  let received = 0
  while (reader && received <= maxDrainedBytes) {
    const { done, value } = await reader.read()
    if (done) break
    received += value.byteLength
    take(value, received)
  }
  return received
}
