import { readKey } from '@shared-ledger/ledger/keys'
import { findRoot } from '@shared-ledger/postgres'
import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outcomeHere, outcomeOf } from './support/command.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let sql: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
})
afterAll(async () => {
  await sql.end()
  await database.drop()
})

const keys = (args: readonly string[], env: NodeJS.ProcessEnv = { DATABASE_URL: database.url }) =>
  outcomeHere('keys', findRoot(), args, { env })

/** The same in a process of its own, as users run it. */
const keysInOwnProcess = (...args: string[]) =>
  outcomeOf('keys', findRoot(), args, { env: { DATABASE_URL: database.url } })

/** Returns the last line of a command. For `create` it is the key. */
const lastLine = ({ output }: { output: string }) => output.split('\n').at(-1) ?? ''

describe('npx shared-ledger keys', () => {
  test('shows a key once, stores the hash of its secret, lists it without the secret, and revokes it', async () => {
    const made = await keysInOwnProcess('create', 'content', '--name', 'night job', '--scopes', 'post, read')
    expect(made.code).toBe(0)
    expect(made.output).toContain('(night job) may read, post, until it is revoked.')
    expect(made.output).toContain('It is the first key of content')
    const key = readKey(lastLine(made)) ?? expect.fail(made.output)

    const { rows } = await sql.query(
      "SELECT *, encode(hash, 'hex') AS hex, encode(sha256($1), 'hex') AS wanted FROM ledger.keys",
      [Buffer.from(key.secret)],
    )
    expect(rows).toMatchObject([
      { app: 'content', id: key.id, name: 'night job', scopes: ['read', 'post'], owner_id: null },
    ])
    expect(rows[0].hex).toBe(rows[0].wanted)
    expect(rows[0]).toMatchObject({ expires_on: null, last_used_on: null, revoked_on: null })

    const listed = await keysInOwnProcess('list', 'content')
    expect(listed.output).toMatch(
      new RegExp(`^${key.id}  night job  read,post  \\S+Z +never +never +live$`, 'm'),
    )
    expect(listed.output).not.toContain(key.secret.slice(0, 10))
    expect(listed.output).not.toContain(rows[0].hex.slice(0, 10))

    const revoked = await keysInOwnProcess('revoke', 'content', key.id)
    expect(revoked).toMatchObject({ code: 0, output: expect.stringContaining('(night job) is revoked') })
    const again = await keysInOwnProcess('revoke', 'content', lastLine(made))
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('was revoked') })
    expect((await keys(['list', 'content'])).output).toMatch(/ revoked \S+Z$/m)
  })

  test('--json: prints one object, which has the key where it is new', async () => {
    const ask = async (...args: string[]) => JSON.parse((await keys([...args, '--json'])).output)
    const { key, text } = await ask('create', 'content', '--name', 'of a program', '--scopes', 'read')
    expect(readKey(text)).toMatchObject({ id: key.id })
    expect(key).toMatchObject({ name: 'of a program', scopes: ['read'], ownerId: null, revokedOn: null })
    const ofList = (await ask('list', 'content')).keys
    expect(ofList).toContainEqual({ ...key, lastUsedOn: null })
    expect(JSON.stringify(ofList)).not.toContain(text.slice(-20))
    expect(await ask('revoke', 'content', key.id)).toMatchObject({
      key: { id: key.id, revokedOn: expect.any(String) },
      wasLive: true,
    })
  })

  test('makes a key that reads one account, for a limited time', async () => {
    const made = await keys([
      'create',
      'freelance',
      '--name',
      'ada',
      '--owner',
      'ada "x"',
      '--expires',
      '90d',
    ])
    expect(made.output).toMatch(/\(ada\) reads the account of "ada \\"x\\"", until \S+Z\.$/m)
    const { rows } = await sql.query(
      `SELECT scopes, owner_id, expires_on - created_on = interval '90 days' AS "for90Days"
         FROM ledger.keys WHERE app = 'freelance'`,
    )
    expect(rows).toEqual([{ scopes: [], owner_id: 'ada "x"', for90Days: true }])
    const second = await keys([
      'create',
      'freelance',
      '--name',
      'ada',
      '--scopes',
      'admin',
      '--expires',
      '5m',
    ])
    expect(second.output).not.toContain('the first')
    expect((await keys(['list', 'freelance'])).output.split('\n')).toHaveLength(3)
  })

  test.each([
    [[], 'Say what to do: create, list or revoke.'],
    [['remove', 'content'], 'Say what to do: create, list or revoke.'],
    [['list'], 'Name the app, such as: list content.'],
    [['list', 'content', 'freelance'], 'list does not take "freelance".'],
    [['list', 'content', '--name', 'x'], 'list does not take --name.'],
    [['create', 'content'], 'Say what to call the key: --name ci'],
    [['create', 'content', '--name', 'a'], 'Say what the key may do: --scopes read,post'],
    [['create', 'content', '--name', ''], '--name must be 1 to 100 characters'],
    [['create', 'content', '--name', 'a\nb', '--scopes', 'read'], '--name must be 1 to 100 characters'],
    [['create', 'content', '--name', 'x'.repeat(101), '--scopes', 'read'], '--name must be 1 to 100'],
    [['create', 'content', '--name', 'a', '--scopes', 'read,write'], 'not "write"'],
    [['create', 'content', '--name', 'a', '--scopes', ''], 'not ""'],
    [['create', 'content', '--name', 'a', '--scopes', 'read', '--owner', 'ada'], 'it takes no --scopes'],
    [['create', 'content', '--name', 'a', '--owner', ''], '--owner must be the id of an owner'],
    [['create', 'content', '--name', 'a', '--scopes', 'read', '--expires', '90'], 'not "90"'],
    [['create', 'content', '--name', 'a', '--scopes', 'read', '--expires', '0d'], 'not "0d"'],
    [['create', 'content', '--name', 'a', '--scopes', 'read', '--expires', '-1d'], '--expires'],
    [['create', 'content', '--name', 'a', '--scopes', 'read', '--expires', '9999d'], 'up to 3650 days'],
    [['create', 'content', 'x', '--name', 'a', '--scopes', 'read'], 'create does not take "x".'],
    [['revoke', 'content'], 'Say which key to revoke, by its id'],
    [['revoke', 'content', 'ci'], 'Say which key to revoke, by its id'],
  ])('refuses %j, and says why', async (args, reason) => {
    const { code, output } = await keys(args)
    expect(output).toContain(reason)
    expect(code).toBe(2)
  })

  test.each([
    [['create', 'nothing', '--name', 'a', '--scopes', 'read'], 'The ledger has no app "nothing".'],
    [['revoke', 'content', '000000000000'], 'There is no key 000000000000 of content.'],
  ])('fails on %j, and says why', async (args, reason) => {
    const { code, output } = await keys(args)
    expect(output).toContain(reason)
    expect(code).toBe(1)
  })

  test('says what to do when the database has no ledger, or its role is not the owner', async () => {
    const empty = await createEmptyDatabase()
    const create = ['create', 'content', '--name', 'a', '--scopes', 'read']
    expect(await keys(create, { DATABASE_URL: empty.url })).toEqual({
      code: 1,
      output: 'The database has no keys yet. Run its migrations: npx shared-ledger migrate',
    })
    await empty.drop()

    const password = crypto.randomUUID()
    const role = `keys_${password.slice(0, 8)}`
    await sql.query(
      `CREATE ROLE ${role} LOGIN PASSWORD '${password}'; GRANT USAGE ON SCHEMA ledger TO ${role}; GRANT SELECT ON ledger.apps TO ${role}`,
    )
    await sql.query(`CREATE POLICY everyone ON ledger.apps TO ${role} USING (true)`)
    const url = new URL(database.url)
    url.username = role
    url.password = password
    for (const args of [create, ['list', 'content'], ['revoke', 'content', '000000000000']]) {
      const { code, output } = await keys(args, { DATABASE_URL: url.href })
      expect(output).toContain("Only the database's owner makes, lists and revokes keys.")
      expect(code).toBe(1)
    }
    await sql.query(`DROP POLICY everyone ON ledger.apps; DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  test('works behind a pooler, with DIRECT_DATABASE_URL', async () => {
    const unreachable = 'postgresql://nobody@127.0.0.1:1/none'
    const env = { DATABASE_URL: unreachable, DIRECT_DATABASE_URL: database.url }
    expect((await keys(['list', 'content'], env)).code).toBe(0)
  })
})
