import type pg from 'pg'
import { assertKnownApp } from '../known-app.ts'
import type { Scope } from '../principal.ts'
import { hashOf, makeKey } from './key-text.ts'

/** A key to make. */
export interface NewKey {
  readonly name: string
  /** Empty for an owner's key. */
  readonly scopes: readonly Scope[]
  readonly ownerId: string | null
  /** How long it is accepted, in seconds. Null: until it is revoked. */
  readonly expiresInS: number | null
}

/** A key as people see it, without its secret. */
export interface ListedKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly ownerId: string | null
  readonly createdOn: Date
  readonly expiresOn: Date | null
  readonly lastUsedOn: Date | null
  readonly revokedOn: Date | null
  readonly isExpired: boolean
}

const columns = `
  id, name, scopes, owner_id AS "ownerId", created_on AS "createdOn", expires_on AS "expiresOn",
  last_used_on AS "lastUsedOn", revoked_on AS "revokedOn", coalesce(expires_on <= ledger.now(), false) AS "isExpired"`

/**
 * Opens the keys of one app for the database's owner. @throws Error when there is no such app, or the role is not the
 * owner
 */
export async function openRegister(connection: Pick<pg.ClientBase, 'query'>, app: string) {
  await assertApp(connection, app)
  const ask = <Row extends object>(text: string, values: readonly unknown[]) =>
    connection
      .query<Row>(text, [app, ...values])
      .then(({ rows }) => rows)
      .catch((error) => {
        throw explained(error)
      })

  return {
    /** Makes a key and returns its text, which is stored nowhere. */
    async create({
      name,
      scopes,
      ownerId,
      expiresInS,
    }: NewKey): Promise<{ text: string; key: ListedKey; isFirst: boolean }> {
      const { id, secret, text } = makeKey()
      const [made] = await ask<ListedKey & { isFirst: boolean }>(
        `INSERT INTO ledger.keys (app, id, name, scopes, owner_id, hash, created_on, expires_on)
         SELECT $1, $2, $3, $4, $5, $6, at, at + make_interval(secs => $7)
           FROM date_trunc('milliseconds', ledger.now()) AS at
         RETURNING ${columns}, NOT EXISTS (SELECT FROM ledger.keys other WHERE other.app = $1) AS "isFirst"`,
        [id, name, scopes, ownerId, hashOf(secret), expiresInS],
      )
      if (!made) throw new Error('The database did not report whether the key was made. Try again.')
      const { isFirst, ...key } = made
      return { text, key, isFirst }
    },
    /** Returns all keys, ended ones included, the newest first. */
    list: () =>
      ask<ListedKey>(`SELECT ${columns} FROM ledger.keys WHERE app = $1 ORDER BY created_on DESC, id`, []),
    /** Revokes a key. Returns undefined when there is no such key. `wasLive` is false when it had been revoked before. */
    async revoke(id: string): Promise<{ key: ListedKey; wasLive: boolean } | undefined> {
      const [revoked] = await ask<ListedKey>(
        `UPDATE ledger.keys SET revoked_on = date_trunc('milliseconds', ledger.now())
          WHERE app = $1 AND id = $2 AND revoked_on IS NULL RETURNING ${columns}`,
        [id],
      )
      if (revoked) return { key: revoked, wasLive: true }
      const [key] = await ask<ListedKey>(`SELECT ${columns} FROM ledger.keys WHERE app = $1 AND id = $2`, [
        id,
      ])
      return key && { key, wasLive: false }
    },
  }
}

async function assertApp(connection: Pick<pg.ClientBase, 'query'>, app: string): Promise<void> {
  const { rows } = await connection
    .query<{ app: string }>('SELECT app FROM ledger.apps ORDER BY app')
    .catch((error) => {
      throw explained(error)
    })
  assertKnownApp(
    app,
    rows.map((row) => row.app),
  )
}

/** Explains PostgreSQL's codes for a missing schema or table, and for a missing right. */
function explained(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === '42P01' || code === '3F000') {
    return new Error('The database has no keys yet. Run its migrations: npx shared-ledger migrate', {
      cause: error,
    })
  }
  if (code === '42501') {
    return new Error(
      "Only the database's owner makes, lists and revokes keys. Set DIRECT_DATABASE_URL to a url of that role.",
      { cause: error },
    )
  }
  return error
}
