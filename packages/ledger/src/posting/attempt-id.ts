import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const idBytes = 16
const bytes = new Uint8Array(256 * idBytes)
let used = bytes.length

/** A new UUIDv7. Random bytes are asked for 256 ids at once: to ask for each costs more than to make it. */
export function createAttemptId(): string {
  if (used === bytes.length) {
    randomFillSync(bytes)
    used = 0
  }
  used += idBytes
  return v7({ random: bytes.subarray(used - idBytes, used) })
}
