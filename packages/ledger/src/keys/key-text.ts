import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** The parts of an API key as a caller sends it. */
interface KeyParts {
  /** Names the key. It is not secret. */
  readonly id: string
  readonly secret: string
}

/** The beginning of every key. Secret scanners recognise a published key by it. */
export const keyPrefix = 'slk_'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const lengths = { id: 12, secret: 43, checksum: 6 } // 43 of 62 digits are 256 bits, 6 are 32

const idPattern = new RegExp(`^[0-9A-Za-z]{${lengths.id}}$`)
const keyPattern = new RegExp(
  `^(${keyPrefix}([0-9A-Za-z]{${lengths.id}})_([0-9A-Za-z]{${lengths.secret}}))([0-9A-Za-z]{${lengths.checksum}})$`,
)

/** Makes a key. Its secret has 256 random bits. */
export function makeKey(): KeyParts & { readonly text: string } {
  const id = inDigits(randomBytes(9)).padStart(lengths.id, '0').slice(-lengths.id)
  const secret = inDigits(randomBytes(32)).padStart(lengths.secret, '0')
  return { id, secret, text: keyText({ id, secret }) }
}

/**
 * Returns the text of a key as callers send it. Its last 6 characters are a checksum, so that a mistyped key is refused
 * without a look-up.
 */
export function keyText({ id, secret }: KeyParts): string {
  const named = `${keyPrefix}${id}_${secret}`
  return named + checksumOf(named)
}

/** Reads a key as callers send it. Returns undefined when the text is not a complete, correct key. */
export function readKey(text: string): KeyParts | undefined {
  const [, named, id, secret, checksum] = keyPattern.exec(text) ?? []
  if (named === undefined || id === undefined || secret === undefined) return undefined
  return checksum === checksumOf(named) ? { id, secret } : undefined
}

/** Whether a text could be the id of a key. */
export function isKeyId(text: string): boolean {
  return idPattern.test(text)
}

/** Returns the stored hash of a secret. A secret has 256 random bits, so a slow hash would not protect it better. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Whether a secret belongs to a hash. It takes the same time whichever bytes differ. */
export function isSecretOf(hash: Uint8Array, secret: string): boolean {
  const given = hashOf(secret)
  return hash.byteLength === given.byteLength && timingSafeEqual(hash, given)
}

function checksumOf(named: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(named))
  return inDigits(bytes).padStart(lengths.checksum, '0')
}

function inDigits(bytes: Buffer): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (; rest > 0n; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text
  return text
}
