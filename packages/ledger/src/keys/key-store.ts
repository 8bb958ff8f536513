import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { Scope } from '../principal.ts'

/** An API key as the database stores it. */
export interface StoredKey {
  readonly id: string
  /** A name for people and logs. It is not secret, and several keys may share it. */
  readonly name: string
  /** What a service may do. An owner's key has none. */
  readonly scopes: readonly Scope[]
  /** The owner whose account the key may read. Null for a service's key. */
  readonly ownerId: string | null
  /** SHA-256 of its secret. */
  readonly hash: Uint8Array
  /** Whether it is neither revoked nor expired, by the database's clock. */
  readonly isLive: boolean
}

/** The keys of one app, as its servers may use them. No method makes or changes a key. */
export interface KeyStore {
  /** Returns the keys with these ids, in any order. Unknown ids are left out. @throws DatabaseUnavailableError */
  find(ids: readonly string[]): Promise<readonly StoredKey[]>
  /** Notes that keys are used now, to the minute. @throws DatabaseUnavailableError */
  touch(ids: readonly string[]): Promise<void>
  /** Whether a key was ever made. @throws DatabaseUnavailableError */
  wereMade(): Promise<boolean>
}

type Row = Omit<StoredKey, 'hash'> & { readonly hash: string }

/** Reads one app's keys with the functions of prisma/functions/keys.sql. */
export function createKeyStore(app: string, client: PrismaClient): KeyStore {
  return {
    async find(ids) {
      const [row] = await query(
        () => client.$queryRaw<{ found: readonly Row[] | null }[]>`
          SELECT ledger.find_keys(${app}::text, ${ids}::text[]) AS found`,
      )
      return (row?.found ?? []).map((found) => ({ ...found, hash: Buffer.from(found.hash, 'hex') }))
    },
    async touch(ids) {
      await query(
        () => client.$queryRaw`SELECT ledger.touch_keys(${app}::text, ${ids}::text[]) IS NULL AS done`,
      )
    },
    async wereMade() {
      const [row] = await query(
        () => client.$queryRaw<{ made: boolean }[]>`SELECT ledger.has_keys(${app}::text) AS made`,
      )
      return row?.made ?? false
    },
  }
}
