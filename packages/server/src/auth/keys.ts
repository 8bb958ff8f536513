import type { Principal } from '@shared-ledger/ledger/facts'
import { hashOf, isSecretOf, type KeyStore, keyPrefix, readKey } from '@shared-ledger/ledger/keys'
import { type Problem, problem } from '@shared-ledger/rest'
import type { Credentials } from './credentials.ts'
import { createKeyCache, type KnownKey } from './key-cache.ts'
import { createUseNotes } from './key-use.ts'

/** Identifies requests by the app's API keys. */
export function createKeys(store: KeyStore): Credentials {
  const cache = createKeyCache(store)
  const uses = createUseNotes(store)
  const entries = new WeakMap<Principal, KnownKey>()

  const judge = (known: KnownKey | undefined, secret: string): Principal | Problem => {
    // An unknown id takes as long to check as a wrong secret.
    const isSecret = isSecretOf(known?.key.hash ?? nobodys, secret)
    if (!known || !isSecret || !known.key.isLive) return problem('UNAUTHENTICATED', notAccepted)
    uses.note(known.key.id)
    entries.set(known.principal, known)
    return known.principal
  }

  return {
    takes: (credential) => credential.startsWith(keyPrefix),
    identify(credential) {
      const given = readKey(credential)
      if (!given) return problem('UNAUTHENTICATED', notWhole)
      const known = cache.find(given.id)
      if (known instanceof Promise) return known.then((found) => judge(found, given.secret))
      return judge(known, given.secret)
    },
    follow(principal) {
      const known = entries.get(principal)
      return known ? cache.follow(known) : () => {}
    },
    async close() {
      await Promise.all([cache.close(), uses.close()])
    },
  }
}

const nobodys = hashOf('')

const notWhole = 'The key is incomplete or mistyped.'
const notAccepted = 'The key is not accepted: it is unknown, was revoked, or has expired.'
