export type { KeyStore, StoredKey } from './key-store.ts'
export {
  hashOf,
  isKeyId,
  isSecretOf,
  keyPrefix,
  keyText,
  makeKey,
  readKey,
} from './key-text.ts'
export { type ListedKey, type NewKey, openRegister } from './register.ts'
