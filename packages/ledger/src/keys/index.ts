export type { KeyStore, StoredKey } from './key-store.ts'
export {
  hashOf,
  isKeyId,
  isSecretOf,
  type KeyParts,
  keyPrefix,
  keyText,
  makeKey,
  readKey,
} from './key-text.ts'
