import type { IncomingMessage } from 'node:http'
import { maxBodyBytes, problem } from '@shared-ledger/rest'

/** How many bytes of a body that is too large are received and dropped, so that its sender can read the answer. */
const maxDrainedBytes = 32 * 1024 * 1024

/** Decides about each part of a body. `size` is the number of bytes so far. */
export interface Intake {
  /** Takes room for the bytes. Returns whether there was any. */
  reserve(bytes: number, size: number): boolean
  /** Returns how long to stop reading after these bytes. */
  pauseMs(bytes: number, size: number): number
}

/** A process holds a bounded amount of large bodies. There is no room for one more. */
export class NoRoomError extends Error {}

/**
 * Receives a body from its socket. A refused body is received as well: a sender that is cut off half-way cannot read
 * the answer.
 *
 * @throws Problem PAYLOAD_TOO_LARGE, or MALFORMED_REQUEST when the sender left. @throws NoRoomError at once when there
 *   is no room.
 */
export function receiveBody(incoming: IncomingMessage, intake: Intake): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let kept: Buffer[] | undefined = []
    let size = 0
    const drop = (reason?: Error) => {
      kept = undefined
      if (reason) reject(reason)
    }
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size > maxDrainedBytes) drop(problem('PAYLOAD_TOO_LARGE'))
      else if (size > maxBodyBytes) drop()
      else if (kept && !intake.reserve(chunk.byteLength, size)) drop(new NoRoomError())
      kept?.push(chunk)
      const pauseMs = intake.pauseMs(chunk.byteLength, size)
      if (pauseMs === 0) return
      incoming.pause()
      setTimeout(() => incoming.resume(), pauseMs)
    })
    incoming.on('end', () => {
      if (kept) resolve(kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept))
      else reject(problem('PAYLOAD_TOO_LARGE'))
    })
    incoming.on('close', () => {
      if (!incoming.complete) reject(problem('MALFORMED_REQUEST', 'The body ended too early.'))
    })
  })
}

/** Reads the body of a request that has no socket. @throws Problem PAYLOAD_TOO_LARGE */
export async function readBody(request: Request): Promise<Uint8Array> {
  const body = new Uint8Array(await request.arrayBuffer())
  if (body.byteLength > maxBodyBytes) throw problem('PAYLOAD_TOO_LARGE')
  return body
}
