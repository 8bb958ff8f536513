import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLedger, createPool, defineOperations, sharedOperations } from '../src/index.ts'
import { hashOf, isSecretOf, keyText, makeKey, readKey } from '../src/keys/index.ts'
import { openLedger } from './open-ledger.ts'

const { database, pool: createdPool, sql } = await openLedger()
const password = crypto.randomUUID()
// Roles belong to the whole server, which other test files share, so this file's app has a unique name.
const app = `keys_${password.slice(0, 8)}`
const role = `ledger_${app}`

const url = new URL(database.url)
url.username = role
url.password = password
const pool = createPool(url.href)
const operations = defineOperations(sharedOperations)
const ledger = createLedger({ app, operations, pool: createdPool })
const asRole = createLedger({ app, operations, pool })
const asOther = createLedger({ app: 'freelance', operations, pool })
const session = new pg.Client({ connectionString: url.href })

beforeAll(async () => {
  await sql.query(`SELECT ledger.set_operations('${app}', ledger.shared_operations())`)
  await sql.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'; SELECT ledger.grant_app('${app}')`)
  await session.connect()
})
afterAll(async () => {
  await session.end()
  await ledger.close()
  await asRole.close()
  await asOther.close()
  await pool.end()
  await sql.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
})

const values = (id: string) =>
  `('${app}', '${id}', 'n', ARRAY['read'], decode('${hashOf('s').toString('hex')}', 'hex'))`
const insert = (id: string) => `INSERT INTO ledger.keys (app, id, name, scopes, hash) VALUES ${values(id)}`

describe('the text of a key', () => {
  test('is read as it was made', () => {
    const { id, secret, text } = makeKey()
    expect(text).toMatch(/^slk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
    expect(readKey(text)).toEqual({ id, secret })
    expect(keyText({ id, secret })).toBe(text)
    expect(isSecretOf(hashOf(secret), secret)).toBe(true)
  })

  test('is different each time', () => {
    const made = Array.from({ length: 100 }, makeKey)
    expect(new Set(made.map(({ id }) => id)).size).toBe(100)
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(100)
  })

  test('with any other character at any place is refused', () => {
    const { text } = makeKey()
    for (let place = 0; place < text.length; place += 1) {
      for (const other of ['0', 'Z', 'z', '_', ' ', '\n', 'é']) {
        if (text[place] === other) continue
        expect(readKey(text.slice(0, place) + other + text.slice(place + 1))).toBeUndefined()
      }
      expect(readKey(text.slice(0, place))).toBeUndefined()
      expect(readKey(text.slice(place + 1))).toBeUndefined()
    }
    expect(readKey(`${text}\n`)).toBeUndefined()
    expect(readKey(` ${text}`)).toBeUndefined()
    expect(readKey(text + text)).toBeUndefined()
  })

  test('is compared only by its hash, byte by byte', () => {
    const hash = hashOf('secret')
    for (let place = 0; place < hash.length; place += 1) {
      const other = Buffer.from(hash)
      other[place] = (other[place] ?? 0) ^ 1
      expect(isSecretOf(other, 'secret')).toBe(false)
    }
    expect(isSecretOf(hash.subarray(1), 'secret')).toBe(false)
    expect(isSecretOf(hash, 'Secret')).toBe(false)
  })
})

describe('the table of keys', () => {
  test.each([
    [
      'an id with other characters',
      `INSERT INTO ledger.keys (app, id, name, scopes, hash) SELECT app, 'a_bcdefghijk', name, scopes, hash FROM ledger.keys`,
      'keys_id',
    ],
    ['a name of nothing', `UPDATE ledger.keys SET name = ''`, 'keys_name'],
    ['a name that breaks lines', `UPDATE ledger.keys SET name = E'a\\nb'`, 'keys_name'],
    ['a scope that there is not', `UPDATE ledger.keys SET scopes = ARRAY['write']`, 'keys_scopes'],
    ['a scope that is null', `UPDATE ledger.keys SET scopes = ARRAY['read', NULL]`, 'keys_scopes'],
    ['neither scopes nor an owner', `UPDATE ledger.keys SET scopes = '{}'`, 'keys_kind'],
    ['scopes and an owner', `UPDATE ledger.keys SET owner_id = 'ada'`, 'keys_kind'],
    ['an owner of nothing', `UPDATE ledger.keys SET owner_id = '', scopes = '{}'`, 'keys_owner_id'],
    ['half a hash', `UPDATE ledger.keys SET hash = substring(hash FOR 16)`, 'keys_hash'],
    ['an expiry before its time', 'UPDATE ledger.keys SET expires_on = created_on', 'keys_expires_on'],
    ['an id of the app that there is', insert('aaaaaaaaaaaa'), 'keys_pkey'],
  ])('refuses %s', async (_, statement, constraint) => {
    await sql.query(`${insert('aaaaaaaaaaaa')} ON CONFLICT DO NOTHING`)
    // An index of a cluster's table has the number of its shard.
    await expect(sql.query(statement)).rejects.toThrow(new RegExp(`"${constraint}(_\\d+)?"`))
  })
})

describe("an app's role", () => {
  beforeAll(async () => {
    await sql.query(`${insert('bbbbbbbbbbbb')}; ${insert('cccccccccccc').replace(app, 'freelance')}`)
  })

  test('finds and notes the keys of its app, and knows whether any was made', async () => {
    expect(await asRole.keys.find(['bbbbbbbbbbbb', 'dddddddddddd'])).toEqual([
      { id: 'bbbbbbbbbbbb', name: 'n', scopes: ['read'], ownerId: null, hash: hashOf('s'), isLive: true },
    ])
    await asRole.keys.touch(['bbbbbbbbbbbb', 'cccccccccccc'])
    const { rows } = await sql.query(
      'SELECT id FROM ledger.keys WHERE last_used_on = date_trunc($1, last_used_on)',
      ['minute'],
    )
    expect(rows).toEqual([{ id: 'bbbbbbbbbbbb' }])
    expect(await asRole.keys.wereMade()).toBe(true)
    expect(await asRole.keys.find(['cccccccccccc'])).toEqual([])
  })

  test('finds nothing of another app', async () => {
    for (const ask of [
      () => asOther.keys.find(['cccccccccccc']),
      () => asOther.keys.touch(['cccccccccccc']),
      () => asOther.keys.wereMade(),
    ]) {
      const error = await ask().catch((reason) => reason)
      expect(error.cause?.message).toMatch('permission denied for the keys of freelance')
    }
    const { rows } = await sql.query("SELECT last_used_on FROM ledger.keys WHERE id = 'cccccccccccc'")
    expect(rows).toEqual([{ last_used_on: null }])
  })

  test.each([
    ['make a key', insert('eeeeeeeeeeee')],
    ['make one for another app', insert('eeeeeeeeeeee').replace(app, 'freelance')],
    ['read keys', 'SELECT hash FROM ledger.keys'],
    ['revoke one', 'UPDATE ledger.keys SET revoked_on = now()'],
    ['let one live longer', 'UPDATE ledger.keys SET expires_on = NULL, revoked_on = NULL'],
    ['give one more scopes', "UPDATE ledger.keys SET scopes = ARRAY['admin']"],
    ['remove one', 'DELETE FROM ledger.keys'],
    ['remove all', 'TRUNCATE ledger.keys'],
    ['lock them', 'BEGIN; LOCK TABLE ledger.keys IN ACCESS EXCLUSIVE MODE'],
    ['copy them', 'COPY ledger.keys TO STDOUT'],
    ['open the table', 'ALTER TABLE ledger.keys DISABLE ROW LEVEL SECURITY'],
    ['give itself a policy', 'CREATE POLICY mine ON ledger.keys USING (true)'],
    ['grant itself the table', `GRANT SELECT ON ledger.keys TO ${role}`],
    ['ask for an answer about itself', "SELECT ledger.assert_may_use('freelance')"],
    [
      'change what finds keys',
      "CREATE OR REPLACE FUNCTION ledger.find_keys(app text, ids text[]) RETURNS json LANGUAGE sql RETURN '[]'::json",
    ],
  ])('cannot %s', async (_, statement) => {
    await expect(session.query(statement)).rejects.toThrow(/permission denied|must be owner/)
    await session.query('ROLLBACK')
  })

  test('sees no row even if the table was granted to it by mistake', async () => {
    await sql.query(`GRANT ALL ON ledger.keys TO ${role}`)
    try {
      expect((await session.query('SELECT * FROM ledger.keys')).rows).toEqual([])
      expect((await session.query('UPDATE ledger.keys SET revoked_on = NULL')).rowCount).toBe(0)
      await expect(session.query(insert('eeeeeeeeeeee'))).rejects.toThrow('row-level security')
    } finally {
      await sql.query(`REVOKE ALL ON ledger.keys FROM ${role}`)
    }
  })

  test('cannot redirect them to functions of its own', async () => {
    await sql.query(`CREATE SCHEMA ${role} AUTHORIZATION ${role}`)
    await session.query(`
      CREATE FUNCTION ${role}.pg_has_role(name, name, text) RETURNS boolean LANGUAGE sql RETURN true;
      SET search_path = ${role}, pg_catalog, pg_temp`)
    await expect(
      session.query("SELECT ledger.find_keys('freelance', ARRAY['cccccccccccc'])"),
    ).rejects.toThrow('permission denied for the keys')
    await session.query(`RESET search_path; DROP SCHEMA ${role} CASCADE`)
  })
})

test('the owner finds keys without a role for the app, and sees which keys have ended', async () => {
  await sql.query(`${insert('ffffffffffff')}; ${insert('gggggggggggg')}`)
  await sql.query(`UPDATE ledger.keys SET revoked_on = now() WHERE id = 'ffffffffffff'`)
  await sql.query(
    `UPDATE ledger.keys SET created_on = now() - interval '2 days', expires_on = now() - interval '1 day' WHERE id = 'gggggggggggg'`,
  )
  const found = await ledger.keys.find(['ffffffffffff', 'gggggggggggg'])
  expect(found.map(({ isLive }) => isLive)).toEqual([false, false])
})

test('a note waits for nobody', async () => {
  await sql.query(
    `${insert('hhhhhhhhhhhh')}; BEGIN; UPDATE ledger.keys SET name = 'x' WHERE id = 'hhhhhhhhhhhh'`,
  )
  try {
    await ledger.keys.touch(['hhhhhhhhhhhh'])
  } finally {
    await sql.query('COMMIT')
  }
  const { rows } = await sql.query("SELECT last_used_on FROM ledger.keys WHERE id = 'hhhhhhhhhhhh'")
  expect(rows).toEqual([{ last_used_on: null }])
})
