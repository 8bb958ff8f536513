import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const ITERATIONS = 4096

/**
 * Returns what PostgreSQL stores for a password (SCRAM-SHA-256, RFC 5803). Sending this keeps the password itself out
 * of the server's logs and statistics.
 *
 * @throws Error for characters that two programs may read differently
 */
export function scramSecretOf(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[\x21-\x7e]+$/.test(password)) {
    throw new Error('A password has letters, digits and signs of ASCII alone, without spaces.')
  }
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  const server = keyOf('Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`
}

/** Makes a new password of 192 random bits. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url')
}
