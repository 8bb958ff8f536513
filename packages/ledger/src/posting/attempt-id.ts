import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const idBytes = 16
const bytes = new Uint8Array(256 * idBytes)
let used = bytes.length

/**
 * Returns a new UUIDv7. Random bytes are fetched for 256 ids at once, because fetching them costs more than making an
 * id.
 */
export function createAttemptId(): string {
  if (used === bytes.length) {
    randomFillSync(bytes)
    used = 0
  }
  used += idBytes
  return v7({ random: bytes.subarray(used - idBytes, used) })
}
