import { createHash } from 'node:crypto'

/** An entry with every field of its hash. Whole numbers of 64 bits are bigints. */
export interface ChainedEntry {
  readonly app: string
  readonly book: string
  readonly ownerId: string
  readonly seq: bigint
  readonly id: bigint
  readonly operation: string
  /** Signed credits. */
  readonly amount: bigint
  readonly balanceAfter: bigint
  readonly nonce: string
  /** The entry's number among the owner's entries in its transaction, from 1. */
  readonly place: number
  /** A UUID. */
  readonly transactionId: string
  readonly metadata: Readonly<Record<string, string>>
  /** In microseconds since 1970. */
  readonly createdOn: bigint
  readonly reverses: bigint | null
  readonly refunds: bigint | null
  readonly holdId: bigint | null
}

/** Microseconds from 1970 to 2000, where PostgreSQL's count begins. */
const EPOCH_2000 = 946_684_800_000_000n

/** Returns the canonical form of an entry, version 1. The bytes equal those of `ledger.entry_form` in SQL. */
export function entryForm(entry: ChainedEntry): Buffer {
  const texts = [entry.app, entry.book, entry.ownerId, entry.operation, entry.nonce].map((text) =>
    Buffer.from(text),
  )
  return Buffer.concat([
    Buffer.of(1),
    int64(entry.seq),
    int64(entry.id),
    int64(entry.amount),
    int64(entry.balanceAfter),
    int32(entry.place),
    Buffer.from(entry.transactionId.replaceAll('-', ''), 'hex'),
    int64(entry.createdOn - EPOCH_2000),
    ...[entry.reverses, entry.refunds, entry.holdId].map(optional),
    ...texts.map(({ length }) => int32(length)),
    ...texts,
    Buffer.from(metadataText(entry.metadata)),
  ])
}

/** Returns the value that takes the place of a hash before an account's first entry. */
export function chainStart(book: string, ownerId: string): Buffer {
  const name = Buffer.from(book)
  return sha256(Buffer.from('shared-ledger/account/1'), int32(name.length), name, Buffer.from(ownerId))
}

/** Returns the hash of an entry, made from the hash before it and the SHA-256 of its canonical form. */
export function nextHash(before: Buffer, digest: Buffer): Buffer {
  return sha256(before, digest)
}

/** Returns the SHA-256 of several parts, joined. */
export function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/**
 * Returns metadata as PostgreSQL prints jsonb: shorter keys first, then by bytes, with a space after each colon and
 * comma.
 */
function metadataText(metadata: Readonly<Record<string, string>>): string {
  const members = Object.entries(metadata)
    .map(([key, value]) => ({
      bytes: Buffer.from(key),
      text: `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    }))
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
  return `{${members.map(({ text }) => text).join(', ')}}`
}

function optional(id: bigint | null): Buffer {
  return id === null ? Buffer.of(0) : Buffer.concat([Buffer.of(8), int64(id)])
}

/** Returns 8 bytes, big-endian. @throws RangeError beyond 64 bits. */
export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** Returns 4 bytes, big-endian. @throws RangeError beyond 32 bits. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
