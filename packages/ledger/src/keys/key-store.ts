import type { TransactionClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { Scope } from '../principal.ts'

/** A key as the database has it. */
export interface StoredKey {
  readonly id: string
  /** For people and logs: no secret, and not the key's alone. */
  readonly name: string
  /** What a service may do; of an owner's key none. */
  readonly scopes: readonly Scope[]
  /** Whose account it reads; null: a service's. */
  readonly ownerId: string | null
  /** SHA-256 of its secret. */
  readonly hash: Uint8Array
  /** Whether it is neither revoked nor expired, by the database's clock. */
  readonly isLive: boolean
}

/** The keys of one app, as its servers may have them: none of these makes or changes a key. */
export interface KeyStore {
  /** Those of these ids that were ever made, in any order. @throws DatabaseUnavailableError */
  find(ids: readonly string[]): Promise<readonly StoredKey[]>
  /** Notes that keys are used now, to the minute. @throws DatabaseUnavailableError */
  touch(ids: readonly string[]): Promise<void>
  /** Whether any was ever made. @throws DatabaseUnavailableError */
  wereMade(): Promise<boolean>
}

type Row = Omit<StoredKey, 'hash'> & { readonly hash: string }

/** One app's keys, by the functions of prisma/functions/keys.sql. */
export function createKeyStore(app: string, client: TransactionClient): KeyStore {
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
