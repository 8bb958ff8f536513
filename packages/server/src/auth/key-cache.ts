import { isDeepStrictEqual } from 'node:util'
import { DatabaseUnavailableError } from '@shared-ledger/ledger'
import type { Principal } from '@shared-ledger/ledger/facts'
import type { KeyStore, StoredKey } from '@shared-ledger/ledger/keys'
import { orLate } from '../in-time.ts'
import { askInRounds } from './ask-in-rounds.ts'

/** A key as this process knows it. */
export interface KnownKey {
  readonly key: StoredKey
  /** The principal that the key identifies while it is live. */
  readonly principal: Principal
  /** Aborted when the key is revoked or changed. */
  readonly ends: AbortController
  /** When the database was last asked, by `performance.now()`. */
  checkedOn: number
}

/** The app's keys. No cached answer is older than a second. */
interface KeyCache {
  /**
   * Returns the key with an id, or undefined when there is none. @throws DatabaseUnavailableError when the database
   * does not answer within a second
   */
  find(id: string): KnownKey | undefined | Promise<KnownKey | undefined>
  /** Watches a key and aborts its `ends` when it changes. The function that it returns stops this. */
  follow(known: KnownKey): () => void
  /** Stops asking the database. */
  close(): Promise<void>
}

const keyBounds = {
  /** How old a cached answer may be. A revoked key stops working within this time. */
  ageMs: 1_000,
  /** From this age on, a key is read again in the background while requests use the cached answer. */
  refreshMs: 500,
  /** How long a request waits for the database. */
  patienceMs: 1_000,
  /** How many keys are cached, and how many unknown ids. */
  kept: 10_000,
  /** How many ids one query asks for. */
  ids: 1_000,
} as const

/**
 * Looks keys up by id. Only one query runs at a time, however many requests wait. The next query asks for all ids that
 * were requested meanwhile, each once.
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
    for (const id of followed.keys()) ask.once(id).catch(() => {}) // requests report the error themselves
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

/** Adds a value, and drops the oldest one when there are too many. */
function keep<Value>(map: Map<string, Value>, id: string, value: Value): void {
  map.set(id, value)
  const [oldest] = map.keys()
  if (map.size > keyBounds.kept && oldest !== undefined) map.delete(oldest)
}

function notInTime(): never {
  throw new DatabaseUnavailableError(
    'The database did not find the key in time. Nothing was done. Try again.',
  )
}
