import { isDeepStrictEqual } from 'node:util'
import { DatabaseUnavailableError } from '@shared-ledger/ledger'
import type { Principal } from '@shared-ledger/ledger/facts'
import type { KeyStore, StoredKey } from '@shared-ledger/ledger/keys'
import { orLate } from '../in-time.ts'
import { askInRounds } from './ask-in-rounds.ts'

/** A key as this process knows it. */
export interface KnownKey {
  readonly key: StoredKey
  /** Whom it lets in while it is live. */
  readonly principal: Principal
  /** Aborted when the key ends, or becomes another one. */
  readonly ends: AbortController
  /** When the database was asked for it last, by `performance.now()`. */
  checkedOn: number
}

/** The app's keys, none known for longer than a second. */
export interface KeyCache {
  /** The key of an id; undefined where there is none. @throws DatabaseUnavailableError where a second did not tell */
  find(id: string): KnownKey | undefined | Promise<KnownKey | undefined>
  /** Keeps `ends` of a key up to date until the function that it returns is called. */
  follow(known: KnownKey): () => void
  /** Stops asking. */
  close(): Promise<void>
}

export const keyBounds = {
  /** How old an answer of the database may be: that soon a revoked key ends. */
  ageMs: 1_000,
  /** From this age on it is asked for again while requests are answered by the answer that there is. */
  refreshMs: 500,
  /** How long a request waits for an answer. */
  patienceMs: 1_000,
  /** How many keys are kept, and how many ids of which there is none. */
  kept: 10_000,
  /** How many ids one query has. */
  ids: 1_000,
} as const

/**
 * Looks keys up by id. However many requests ask, one query is under way at a time: the next one has the ids that were
 * asked for meanwhile, each once.
 */
export function createKeyCache(store: Pick<KeyStore, 'find'>): KeyCache {
  const keys = new Map<string, KnownKey>()
  const absent = new Map<string, number>()
  const followed = new Map<string, Set<KnownKey>>()
  const ask = askInRounds(keyBounds.ids, async (ids) => {
    const checkedOn = performance.now()
    const found = await orLate(store.find(ids), keyBounds.patienceMs, notInTime)
    const byId = new Map(found.map((key) => [key.id, key]))
    for (const id of ids) note(id, byId.get(id), checkedOn)
  })
  const note = (id: string, key: StoredKey | undefined, checkedOn: number) => {
    for (const { key: before, ends } of followed.get(id) ?? []) {
      if (!isDeepStrictEqual(before, key)) ends.abort()
    }
    const before = keys.get(id)
    if (before && isDeepStrictEqual(before.key, key)) {
      before.checkedOn = checkedOn
      return
    }
    keys.delete(id)
    absent.delete(id)
    if (key) keep(keys, id, knownKey(key, checkedOn))
    else keep(absent, id, checkedOn)
  }
  const afresh = async (id: string) => {
    await ask.once(id)
    return keys.get(id)
  }
  let watch: NodeJS.Timeout | undefined
  const watchFollowed = () => {
    for (const id of followed.keys()) ask.once(id).catch(() => {}) // requests are told what is wrong
  }

  return {
    find(id) {
      const known = keys.get(id)
      const age = performance.now() - (known?.checkedOn ?? absent.get(id) ?? Number.NEGATIVE_INFINITY)
      if (age >= keyBounds.ageMs) return orLate(afresh(id), keyBounds.patienceMs, notInTime)
      if (known && age >= keyBounds.refreshMs) ask.once(id).catch(() => {})
      return known
    },
    follow(known) {
      const { id } = known.key
      const ofId = followed.get(id) ?? new Set()
      followed.set(id, ofId.add(known))
      watch ??= setInterval(watchFollowed, keyBounds.refreshMs)
      return () => {
        ofId.delete(known)
        if (ofId.size === 0) followed.delete(id)
        if (followed.size > 0) return
        clearInterval(watch)
        watch = undefined
      }
    },
    async close() {
      clearInterval(watch)
      await ask.settled()
    },
  }
}

function knownKey(key: StoredKey, checkedOn: number): KnownKey {
  const { name, scopes, ownerId } = key
  const ends = new AbortController()
  const base = { name, ends: ends.signal }
  const principal = ownerId === null ? { ...base, scopes } : { ...base, owner: ownerId }
  return { key, principal, ends, checkedOn }
}

/** Keeps a value in place of the oldest one where there are many. */
function keep<Value>(map: Map<string, Value>, id: string, value: Value): void {
  map.set(id, value)
  const [oldest] = map.keys()
  if (map.size > keyBounds.kept && oldest !== undefined) map.delete(oldest)
}

function notInTime(): never {
  throw new DatabaseUnavailableError(
    'The database did not say in time whose key this is: nothing was done. Try again.',
  )
}
