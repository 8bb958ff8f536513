/**
 * Returns the hash of an owner's id by which Citus chooses its shard: a signed 32-bit number, PostgreSQL's `hashtext`.
 * That is Bob Jenkins' lookup3 over the UTF-8 bytes (src/common/hashfn.c of PostgreSQL).
 */
export function ownerHash(ownerId: string): number {
  const bytes = Buffer.from(ownerId)
  const blocks = Math.ceil((bytes.length + 1) / 12)
  const padded = Buffer.alloc(blocks * 12)
  bytes.copy(padded)
  let a = (0x9e3779b9 + bytes.length + 3923095) | 0
  let b = a
  let c = a
  let at = 0
  for (; bytes.length - at >= 12; at += 12) {
    a = (a + padded.readInt32LE(at)) | 0
    b = (b + padded.readInt32LE(at + 4)) | 0
    c = (c + padded.readInt32LE(at + 8)) | 0
    ;[a, b, c] = mixed(a, b, c)
  }
  a = (a + padded.readInt32LE(at)) | 0
  b = (b + padded.readInt32LE(at + 4)) | 0
  // The lowest byte of the last word is left for the length.
  c = (c + (padded.readInt32LE(at + 8) << 8)) | 0
  return last(a, b, c)
}

function mixed(x: number, y: number, z: number): [number, number, number] {
  let [a, b, c] = [x, y, z]
  a = (a - c) ^ turned(c, 4)
  c = (c + b) | 0
  b = (b - a) ^ turned(a, 6)
  a = (a + c) | 0
  c = (c - b) ^ turned(b, 8)
  b = (b + a) | 0
  a = (a - c) ^ turned(c, 16)
  c = (c + b) | 0
  b = (b - a) ^ turned(a, 19)
  a = (a + c) | 0
  c = (c - b) ^ turned(b, 4)
  b = (b + a) | 0
  return [a, b, c]
}

function last(x: number, y: number, z: number): number {
  let [a, b, c] = [x, y, z]
  c = ((c ^ b) - turned(b, 14)) | 0
  a = ((a ^ c) - turned(c, 11)) | 0
  b = ((b ^ a) - turned(a, 25)) | 0
  c = ((c ^ b) - turned(b, 16)) | 0
  a = ((a ^ c) - turned(c, 4)) | 0
  b = ((b ^ a) - turned(a, 14)) | 0
  return ((c ^ b) - turned(b, 24)) | 0
}

/** Returns the bits of a number, turned to the left. */
function turned(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
