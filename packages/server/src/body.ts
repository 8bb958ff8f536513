import { problem } from '@shared-ledger/rest'

/** The largest body that is read. */
export const maxBodyBytes = 2 * 1024 * 1024

/** How much of a larger one is received and dropped, so that its sender gets to read the answer. */
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
    if (error instanceof BodyTooLarge) throw problem('PAYLOAD_TOO_LARGE')
    throw problem('MALFORMED_REQUEST', 'The body ended before its time.')
  }
}

class BodyTooLarge extends Error {}

async function collect(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body.getReader()
  while (size <= maxDrainedBytes) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size <= maxBodyBytes) chunks.push(value)
  }
  if (size > maxBodyBytes) throw new BodyTooLarge()
  return Buffer.concat(chunks)
}
