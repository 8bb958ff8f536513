import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { migrate, withConnection, withLogin } from '@shared-ledger/postgres'
import {
  type ProjectCopy,
  startTemporaryPostgres,
  type TemporaryPostgres,
} from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { command, outcomeHere, outcomeOf } from './support/command.ts'
import { copyStartableProject } from './support/project.ts'

// This test has its own server, because roles belong to all of a server's databases. "owner" is its superuser. "maker"
// is an ordinary user who owns a database and may make roles.
let server: TemporaryPostgres
let project: ProjectCopy
const secret = 'maker-secret'

beforeAll(async () => {
  server = await startTemporaryPostgres({ user: 'owner' })
  project = copyStartableProject()
  await migrate({ databaseUrl: server.url('theirs'), root: project.root, log: () => {} })
  await withConnection(server.url('postgres'), async (sql) => {
    await sql.query(`CREATE ROLE maker LOGIN CREATEROLE PASSWORD '${secret}'`)
    await sql.query('CREATE DATABASE made OWNER maker')
  })
})
afterAll(async () => {
  await server.remove()
  project.remove()
})

const provision = (args: readonly string[], { url = server.url('theirs') } = {}) =>
  outcomeHere('provision', project.root, args, { env: { DATABASE_URL: url, REQUEST_TIMEOUT_MS: '' } })

/** The same in a process of its own, as users run it, with a standard input. */
const provisionInOwnProcess = (args: readonly string[], input = '') =>
  outcomeOf('provision', project.root, args, {
    input,
    env: { DATABASE_URL: server.url('theirs'), REQUEST_TIMEOUT_MS: '' },
  })

const lookAs = <T>(url: string, query: string) =>
  withConnection(url, async (sql) => (await sql.query(query)).rows as T[])

const loginIn = (output: string) => /^DATABASE_URL_CONTENT=(\S+)$/m.exec(output)?.[1]

async function isLetIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
}

let login = ''

test('a role is made with its password, which is shown once, its rights and its limits', async () => {
  const { code, output } = await provisionInOwnProcess(['content'])
  expect(output).toContain('ledger_content: made, with its rights and limits; its password is new.')
  expect(code).toBe(0)
  login = loginIn(output) ?? ''
  expect(login).toMatch(/^postgresql:\/\/ledger_content:[\w-]{32}@127\.0\.0\.1:\d+\/theirs$/)
  const settings = await lookAs<{ name: string; setting: string }>(
    login,
    `SELECT name, setting FROM pg_settings
      WHERE name IN ('temp_file_limit', 'transaction_timeout') ORDER BY name`,
  )
  expect(settings).toEqual([
    { name: 'temp_file_limit', setting: String(1024 ** 2) },
    { name: 'transaction_timeout', setting: '30000' },
  ])
  const bounds = await lookAs<{ setconfig: string[] }>(
    login,
    `SELECT setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = current_user`,
  )
  expect(bounds[0]?.setconfig).toEqual(
    expect.arrayContaining([
      'statement_timeout=12000',
      'lock_timeout=10050',
      'idle_in_transaction_session_timeout=12000',
      'search_path="$user", public',
    ]),
  )
  const [role] = await lookAs(
    login,
    `SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolinherit OR rolreplication OR rolbypassrls AS more, rolconnlimit,
            has_database_privilege(current_database(), 'TEMP, CREATE') AS makes,
            has_schema_privilege('public', 'CREATE') AS creates,
            has_function_privilege('pg_advisory_lock(bigint)', 'EXECUTE') AS locks,
            has_function_privilege('lo_create(oid)', 'EXECUTE') AS objects,
            has_table_privilege('content.contents', 'SELECT, INSERT, UPDATE, DELETE') AS uses,
            has_table_privilege('content._prisma_migrations', 'SELECT') AS history
       FROM pg_roles WHERE rolname = current_user`,
  )
  expect(role).toEqual({
    more: false,
    rolconnlimit: 40,
    makes: false,
    creates: false,
    locks: false,
    objects: false,
    uses: true,
    history: false,
  })
})

test('a second run changes nothing, and keeps the password and the number of connections', async () => {
  await provision(['content', '--connections', '7'])
  const { code, output } = await provision(['content'])
  expect({ code, output }).toEqual({
    code: 0,
    output: 'ledger_content: its rights and limits are correct; its password stays.',
  })
  expect(await lookAs(login, 'SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user')).toEqual([
    { rolconnlimit: 7 },
  ])
})

test('rights that were granted to the role by hand are revoked, or listed if they must be revoked by hand', async () => {
  await lookAs(
    server.url('theirs'),
    `ALTER ROLE ledger_content SUPERUSER CREATEDB INHERIT;
     GRANT ALL ON ALL TABLES IN SCHEMA ledger TO ledger_content; GRANT SELECT ON ledger.holds TO PUBLIC;
     GRANT EXECUTE ON FUNCTION ledger.set_operations, ledger.make_book TO PUBLIC;
     GRANT EXECUTE ON FUNCTION ledger.share_book TO ledger_content;
     GRANT ALL ON SCHEMA content TO ledger_content; GRANT TRUNCATE ON content.contents TO ledger_content;
     GRANT pg_read_all_data TO ledger_content;
     CREATE SCHEMA stray AUTHORIZATION ledger_content`,
  )
  const { output } = await provision(['content'])
  expect(output).toContain('it has the role pg_read_all_data: REVOKE pg_read_all_data FROM ledger_content;')
  expect(output).toContain('it owns schema stray, which it can change at will')
  await lookAs(server.url('theirs'), 'REVOKE pg_read_all_data FROM ledger_content; DROP SCHEMA stray')
  const [rights] = await lookAs(
    login,
    `SELECT rolsuper OR rolcreatedb OR rolinherit AS more,
            has_table_privilege('ledger.accounts', 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') AS writes,
            has_table_privilege('ledger.entries_content', 'SELECT') AS partition,
            has_function_privilege('ledger.set_operations'::regproc, 'EXECUTE') AS declares,
            has_function_privilege('ledger.make_book'::regproc, 'EXECUTE') AS makes,
            has_function_privilege('ledger.share_book'::regproc, 'EXECUTE') AS shares,
            has_schema_privilege('content', 'CREATE') AS creates,
            has_table_privilege('content.contents', 'TRUNCATE') AS truncates
       FROM pg_roles WHERE rolname = current_user`,
  )
  expect(rights).toEqual({
    more: false,
    writes: false,
    partition: false,
    declares: false,
    makes: false,
    shares: false,
    creates: false,
    truncates: false,
  })
})

test('--rotate and --password-file set another password', async () => {
  const rotated = loginIn((await provision(['content', '--rotate'])).output) ?? ''
  expect(await isLetIn(login)).toBe(false)
  expect(await isLetIn(rotated)).toBe(true)

  const file = path.join(project.root, 'password')
  writeFileSync(file, 'from-a-file\n')
  const given = await provision(['content', '--password-file', file])
  expect(given.output).toContain('its password is new')
  expect(given.output).not.toContain('from-a-file')
  expect(await isLetIn(withLogin(login, { user: 'ledger_content', password: 'from-a-file' }))).toBe(true)

  await provisionInOwnProcess(['content', '--password-file', '-'], 'from-input\n')
  login = withLogin(login, { user: 'ledger_content', password: 'from-input' })
  expect(await isLetIn(login)).toBe(true)
})

test('npm start gives the app this login, and not the owner’s', async () => {
  const env = {
    DATABASE_URL: server.url('theirs'),
    DIRECT_DATABASE_URL: server.url('theirs'),
    DATABASE_URL_CONTENT: login,
  }
  const started = command('start', project.root, ['content'], { env })
  expect(await started.line(/^content \d+ given/)).toContain(`DATABASE_URL=${login} `)
  await started.line(/^ {2}content/)
  expect(started.lines.join('\n')).not.toContain('//owner:')
  expect(started.lines.join('\n')).not.toContain('logged in as the owner')
  started.process.kill('SIGTERM')
  expect(await started.ended).toBe(0)

  const refused = await outcomeOf('start', project.root, ['content', '--workers', '2'], { env })
  expect(refused.output).toContain(
    "2 processes of an app open up to 22 connections, and PostgreSQL allows its role 7. Start fewer workers, or have more allowed: npx shared-ledger provision --connections 22 and the app's name.",
  )
})

test('the role can use a later migration of the app at once', async () => {
  const folder = path.join(project.root, 'apps/content/prisma/migrations/20990101000000_tags')
  mkdirSync(folder)
  writeFileSync(
    path.join(folder, 'migration.sql'),
    'CREATE TABLE tags (id serial PRIMARY KEY, name text);\n' +
      'CREATE FUNCTION shout(word text) RETURNS text LANGUAGE sql RETURN upper(word);\n',
  )
  const env = { DATABASE_URL: server.url('theirs') }
  expect(await outcomeHere('migrate', project.root, [], { env })).toMatchObject({ code: 0 })
  expect(
    await lookAs(
      login,
      "INSERT INTO content.tags (name) VALUES ('one') RETURNING content.shout(name) AS name",
    ),
  ).toEqual([{ name: 'ONE' }])
})

test('an owner who is not a superuser makes roles, and is told what needs a superuser', async () => {
  const url = withLogin(server.url('made'), { user: 'maker', password: secret })
  await migrate({ databaseUrl: url, root: project.root, log: () => {} })
  // The role of another database gets nothing here, and maker may not change it.
  expect(
    await lookAs(
      url,
      "SELECT FROM pg_shdepend WHERE refobjid = 'ledger_content'::regrole AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
    ),
  ).toEqual([])
  expect((await provision(['content'], { url })).output).toContain(
    'ledger_content: only the user who made it may set its limits: ALTER ROLE',
  )
  await lookAs(server.url('made'), 'DROP OWNED BY ledger_content')
  await lookAs(server.url('theirs'), 'DROP OWNED BY ledger_content; DROP ROLE ledger_content')
  const { code, output } = await provision(['content'], { url })
  expect(output).toContain(
    'its temporary files have no bound, which only a superuser may set: ALTER ROLE "ledger_content"',
  )
  expect(output).toContain(
    'Every role may still use what this user may not take away: large objects, advisory locks',
  )
  expect(output).toContain('Pages of entries by operation, and of accounts by prefix, take longer')
  expect(code).toBe(0)
  const own = loginIn(output) ?? ''
  const [rights] = await lookAs(
    own,
    `SELECT has_database_privilege(current_database(), 'TEMP') AS makes, has_schema_privilege('ledger', 'USAGE') AS reads`,
  )
  expect(rights).toEqual({ makes: false, reads: true })
  expect((await provision(['content'])).output).toContain('ledger_content: its rights')
})

test.each([
  [['contents'], 1, 'There is no app "contents" with an apps/contents/src/operations.ts.'],
  [
    ['content', '--connections', 'many'],
    2,
    '--connections must be a whole number from 1 to 100000, not "many".',
  ],
  [['--password-file', '-'], 2, 'A password is for one app: name it.'],
  [['content', '--password-file', '-'], 1, 'There is no password in standard input.'],
  [['content', '--password-file', '/missing'], 1, 'There is no file /missing.'],
])('provision %j is refused with exit code %d and what to do', async (args, exitCode, message) => {
  const { code, output } = await provisionInOwnProcess(args)
  expect(output).toContain(message)
  expect(output).not.toMatch(/\n\s+at /)
  expect(code).toBe(exitCode)
})

test.each([
  [
    'the embedded database',
    '',
    'npx shared-ledger start makes the roles of the embedded database by itself.',
  ],
  ['a database without the ledger', 'empty', 'Run npx shared-ledger migrate first.'],
  [
    'a user who may not make roles',
    'powerless',
    'This user may not make or change the role ledger_freelance.',
  ],
])('for %s it says what to do', async (_, which, message) => {
  let url = ''
  if (which === 'empty') url = server.url('postgres')
  if (which === 'powerless') {
    url = withLogin(server.url('made'), { user: 'maker', password: secret })
    await lookAs(server.url('postgres'), 'ALTER ROLE maker NOCREATEROLE')
  }
  expect(await provision(['freelance'], { url })).toEqual({
    code: 1,
    output: expect.stringContaining(message),
  })
})
