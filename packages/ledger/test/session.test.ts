import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertVersion } from '../src/database/session/check.ts'
import { hostUrls } from '../src/database/session/database-url.ts'
import { addressOf, connectionTo, databaseOf, readDatabaseUrl } from '../src/database/session/index.ts'
import { createLedger, createPool } from '../src/index.ts'
import { operations } from './open-ledger.ts'

const database = await createTestDatabase()
const sql = new pg.Client({ connectionString: database.url })
beforeAll(() => sql.connect())
afterAll(async () => {
  await sql.end()
  await database.drop()
})

async function startOn(url: string): Promise<void> {
  const pool = createPool(url)
  const ledger = createLedger({ app: 'content', operations, pool })
  try {
    await ledger.assertReady()
  } finally {
    await ledger.close()
    await pool.end()
  }
}

describe('a start', () => {
  test('is refused with the name of a setting that cannot be set, and the statement that fixes it', async () => {
    const who = `ALTER ROLE "ledger" IN DATABASE "${database.name}" SET session_replication_role`
    await sql.query(`${who} = 'replica'`)
    await expect(startOn(database.url)).rejects.toThrow(
      [
        'The database session lacks these settings, and the ledger relies on them:',
        '  session_replication_role is replica, and must be origin',
        'A pooler keeps no settings of a session, and some only a superuser may set. Give them to the role:',
        `  ${who} = 'origin';`,
        'Then start again. A pooler must reopen its connections first (PgBouncer: RECONNECT).',
      ].join('\n'),
    )
    await sql.query(`${who} = 'origin'`)
    await expect(startOn(database.url)).resolves.toBeUndefined()
  })

  test("the url's own options come before ours", async () => {
    const options = '-c TimeZone=America/St_Johns -c search_path=nowhere -c work_mem=5MB'
    const client = new pg.Client(connectionTo(`${database.url}?options=${encodeURIComponent(options)}`))
    await client.connect()
    const { rows } = await client.query(
      "SELECT name, setting FROM pg_settings WHERE name IN ('TimeZone', 'search_path', 'work_mem') ORDER BY name",
    )
    await client.end()
    expect(rows).toEqual([
      { name: 'TimeZone', setting: 'UTC' },
      { name: 'search_path', setting: '"$user", public' },
      { name: 'work_mem', setting: '5120' },
    ])
  })

  test.each([
    [140_009, '14.9', false],
    [149_999, '14.99', false],
    [150_000, '15.0', true],
    [180_004, '18.4', true],
  ])('on PostgreSQL %i', (number, version, isSupported) => {
    const check = () => assertVersion(number, version)
    if (isSupported) expect(check).not.toThrow()
    else expect(check).toThrow(`This is PostgreSQL ${version}. The ledger needs PostgreSQL 15 or later.`)
  })
})

describe('the url of a database', () => {
  test.each([
    ['postgresql://ann:pw@db.example:5433/shop', 'db.example:5433', 'shop', 'ann', 'pw'],
    ['postgres://ann@db.example/shop', 'db.example:5432', 'shop', 'ann'],
    ['postgresql://ann:p%40s%2Fs%3A%23%3F%25%20@h/db', 'h:5432', 'db', 'ann', 'p@s/s:#?% '],
    ['postgresql://a%40b%2Fc:pw@h/db', 'h:5432', 'db', 'a@b/c', 'pw'],
    ['postgresql://ann@[::1]:5433/db', '[::1]:5433', 'db', 'ann'],
    ['postgresql://ann@h/a@b', 'h:5432', 'a@b', 'ann'],
    ['postgresql://ann@h/a%40b', 'h:5432', 'a@b', 'ann'],
    ['postgresql://ann@h/a/b', 'h:5432', 'a/b', 'ann'],
    ['postgresql://ann@h/a%2Fb', 'h:5432', 'a/b', 'ann'],
    ['postgresql://ann@h/%2540', 'h:5432', '%40', 'ann'],
    ['postgresql://ann@h/50%25', 'h:5432', '50%', 'ann'],
    ['postgresql://ann@h/a%3Fb%23c', 'h:5432', 'a?b#c', 'ann'],
    ['postgresql://ann@h/a b%20c', 'h:5432', 'a b c', 'ann'],
    ['postgresql://ann@h/"a\'b"', 'h:5432', '"a\'b"', 'ann'],
    ['postgresql://ann@h/%C3%A9', 'h:5432', 'é', 'ann'],
    ['postgresql://ann@h/?schema=x', 'h:5432', 'ann', 'ann'],
    ['postgresql://ann@h', 'h:5432', 'ann', 'ann'],
    ['postgresql://ann@/db?host=/var/run/pg', '/var/run/pg/.s.PGSQL.5432', 'db', 'ann'],
    ['postgresql://ann:pw@/a%40b?host=/tmp&port=5433', '/tmp/.s.PGSQL.5433', 'a@b', 'ann', 'pw'],
    ['postgresql://ann@localhost/db?host=/tmp', '/tmp/.s.PGSQL.5432', 'db', 'ann'],
    ['postgresql:///db?host=/tmp&user=ann', '/tmp/.s.PGSQL.5432', 'db', 'ann'],
    ['postgresql://ann@%2Fvar%2Frun%2Fpg:5433/db', '/var/run/pg/.s.PGSQL.5433', 'db', 'ann'],
    ['postgresql://%2Fvar%2Frun/db?user=ann', '/var/run/.s.PGSQL.5432', 'db', 'ann'],
    ['postgresql://ann@/db?host=%2Fmy%20sockets', '/my sockets/.s.PGSQL.5432', 'db', 'ann'],
    ['postgresql://ann:pw@h1:5433,h2,%2Ftmp:5434/db?x=1', 'h1:5433', 'db', 'ann', 'pw'],
  ])('%s', (url, address, name, user, password?: string) => {
    expect([addressOf(url), databaseOf(url)]).toEqual([address, name])
    expect(readDatabaseUrl(url)).toMatchObject({ user, ...(password && { password }) })
  })

  test('a url with several hosts has a url for each', () => {
    expect(hostUrls('postgresql://ann:a%40b@h1:5433,h2,%2Ftmp:5434/db?x=1,2')).toEqual([
      'postgresql://ann:a%40b@h1:5433/db?x=1,2',
      'postgresql://ann:a%40b@h2/db?x=1,2',
      'postgresql://ann:a%40b@%2Ftmp:5434/db?x=1,2',
    ])
    for (const url of ['postgresql://h/db', 'postgresql:///db?host=/tmp', 'none'])
      expect(hostUrls(url)).toEqual([url])
  })

  test.each([
    '',
    'localhost',
    '/var/run/postgresql',
    'mysql://ann:secret@h/db',
    'socket:/tmp?db=x',
    'postgresql://ann:secret/x@h:5432/db',
    'postgresql://ann:sec#ret@h/db',
    'postgresql://ann:secret@h:99999/db',
    'postgresql://ann:secret@h/100%',
  ])('%j is refused without a secret', (url) => {
    expect(() => createPool(url)).toThrow(
      /^DATABASE_URL is not the url of a PostgreSQL database\..*encoded\.$/,
    )
  })
})
