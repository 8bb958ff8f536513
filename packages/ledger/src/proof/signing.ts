import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { sha256 } from './entry-form.ts'

/** The root over all accounts at one moment, with its signature. */
export interface SignedRoot {
  /** The moment: ISO 8601 in milliseconds, UTC. */
  readonly createdOn: string
  /** The number of accounts. */
  readonly accounts: number
  /** In hexadecimal. */
  readonly root: string
  /** The fingerprint of the public key: the SHA-256 of its SPKI form in DER, in hexadecimal. */
  readonly key: string
  /** Ed25519, in base64. */
  readonly signature: string
}

/** Returns a new pair of Ed25519 keys, as PEM. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

/** Reads a private key. @throws Error when the text is not an Ed25519 key in PEM */
export function readPrivateKey(pem: string): KeyObject {
  return assertEd25519('a private', () => createPrivateKey(pem))
}

/** Reads a public key. @throws Error when the text is not an Ed25519 key in PEM */
export function readPublicKey(pem: string): KeyObject {
  return assertEd25519('a public', () => {
    if (pem.includes('PRIVATE KEY')) throw new Error('a private key')
    return createPublicKey(pem)
  })
}

function assertEd25519(which: string, read: () => KeyObject): KeyObject {
  const refusal = `It is not ${which} key of Ed25519 in PEM.`
  let key: KeyObject
  try {
    key = read()
  } catch (cause) {
    throw new Error(refusal, { cause })
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(refusal)
  return key
}

/** Returns the fingerprint of a public key, or of the public half of a private one. */
export function fingerprintOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return sha256(publicKey.export({ type: 'spki', format: 'der' })).toString('hex')
}

/** Signs a root. */
export function signRoot(
  root: Pick<SignedRoot, 'createdOn' | 'accounts' | 'root'>,
  privateKey: KeyObject,
): SignedRoot {
  const unsigned = { ...root, key: fingerprintOf(privateKey) }
  return { ...unsigned, signature: sign(null, signedText(unsigned), privateKey).toString('base64') }
}

/** Whether the private half of this key signed the root. */
export function isSignedBy(signed: SignedRoot, publicKey: KeyObject): boolean {
  const signature = Buffer.from(signed.signature, 'base64')
  return (
    signed.key === fingerprintOf(publicKey) &&
    signature.toString('base64') === signed.signature &&
    verify(null, signedText(signed), publicKey, signature)
  )
}

/** Returns the signed text, which has five lines. */
function signedText({ createdOn, accounts, root, key }: Omit<SignedRoot, 'signature'>): Buffer {
  return Buffer.from(`shared-ledger checkpoint 1\n${createdOn}\n${accounts}\n${root}\n${key}\n`)
}
