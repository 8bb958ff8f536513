import type { IncomingMessage } from 'node:http'
import { maxBodyBytes, problem } from '@shared-ledger/rest'

/** How much of a larger one is received and dropped, so that its sender gets to read the answer. */
const maxDrainedBytes = 32 * 1024 * 1024

/** Decides about each part of a body. `size`: how many bytes came so far. */
export interface Intake {
  /** Whether there is room for it, which is then taken. */
  reserve(bytes: number, size: number): boolean
  /** How long nothing more is read after it. */
  pauseMs(bytes: number, size: number): number
}

/** What a process holds of large bodies is bounded: one more has no room. */
export class NoRoomError extends Error {}

/**
 * Receives a body from its socket, also one that is refused: a sender that is cut off half-way reads no answer.
 *
 * @throws Problem PAYLOAD_TOO_LARGE, MALFORMED_REQUEST where the sender left; NoRoomError, at once.
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
      if (!incoming.complete) reject(problem('MALFORMED_REQUEST', 'The body ended before its time.'))
    })
  })
}

/** The body of a request that came by no socket. @throws Problem PAYLOAD_TOO_LARGE */
export async function readBody(request: Request): Promise<Uint8Array> {
  const body = new Uint8Array(await request.arrayBuffer())
  if (body.byteLength > maxBodyBytes) throw problem('PAYLOAD_TOO_LARGE')
  return body
}
