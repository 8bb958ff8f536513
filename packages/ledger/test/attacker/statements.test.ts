import { afterAll, describe, expect, test } from 'vitest'
import { forbidden, secret, takeOverApp } from './stage.ts'

// Each kind of statement that an attacker could send after taking an app over.
const { attempt, expectRefused, everything, owner, apps } = await takeOverApp()
const before = await everything()
afterAll(async () => {
  expect(await everything()).toEqual(before)
})

// Every table of the ledger, from the catalogue, so that a new table is tried too.
const { rows: tables } = await owner.query<{ table: string; column: string; isRead: boolean }>(`
  SELECT c.relname AS table, a.attname AS column, c.relname IN ('accounts', 'entries', 'holds', 'apps') AS "isRead"
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
   WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1`)

describe('changing the ledger’s tables is refused', () => {
  test.each(
    tables.flatMap(
      ({ table, column }) =>
        [
          [`INSERT into ${table}`, `INSERT INTO ledger.${table} SELECT * FROM ledger.${table}`],
          [`INSERT … DEFAULT VALUES into ${table}`, `INSERT INTO ledger.${table} DEFAULT VALUES`],
          [
            `INSERT … ON CONFLICT into ${table}`,
            `INSERT INTO ledger.${table} (${column}) SELECT ${column} FROM ledger.${table} ON CONFLICT DO NOTHING`,
          ],
          [`UPDATE of ${table}`, `UPDATE ledger.${table} SET ${column} = ${column}`],
          [`UPDATE of no row of ${table}`, `UPDATE ledger.${table} SET ${column} = ${column} WHERE false`],
          [`DELETE from ${table}`, `DELETE FROM ledger.${table}`],
          [
            `MERGE into ${table}`,
            `MERGE INTO ledger.${table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE`,
          ],
          [
            `WITH … DELETE from ${table}`,
            `WITH gone AS (DELETE FROM ledger.${table} RETURNING 1) SELECT FROM gone`,
          ],
          [`TRUNCATE of ${table}`, `TRUNCATE ledger.${table} CASCADE`],
          [`COPY into ${table}`, `COPY ledger.${table} FROM STDIN`],
          [`COPY from a file into ${table}`, `COPY ledger.${table} FROM '/etc/hostname'`],
          [`SELECT … FOR UPDATE of ${table}`, `SELECT FROM ledger.${table} FOR UPDATE`],
          [`SELECT … FOR NO KEY UPDATE of ${table}`, `SELECT FROM ledger.${table} FOR NO KEY UPDATE`],
          [`SELECT … FOR SHARE of ${table}`, `SELECT FROM ledger.${table} FOR SHARE`],
          [`SELECT … FOR KEY SHARE of ${table}`, `SELECT FROM ledger.${table} FOR KEY SHARE`],
          [
            `a cursor FOR UPDATE of ${table}`,
            `BEGIN; DECLARE c CURSOR FOR SELECT FROM ledger.${table} FOR UPDATE`,
          ],
          [`EXPLAIN ANALYZE of a DELETE from ${table}`, `EXPLAIN ANALYZE DELETE FROM ledger.${table}`],
          [
            `PREPARE and EXECUTE of a DELETE from ${table}`,
            `PREPARE p AS DELETE FROM ledger.${table}; EXECUTE p`,
          ],
          [`DO with a DELETE from ${table}`, `DO $$ BEGIN DELETE FROM ledger.${table}; END $$`],
        ] as const,
    ),
  )('%s', (_, statement) => expectRefused(statement))
})

describe('reading beyond its own app is refused', () => {
  test.each(tables.filter(({ isRead }) => !isRead))('ledger.$table', async ({ table }) => {
    await expectRefused(`SELECT FROM ledger.${table}`)
    await expectRefused(`SELECT count(*) FROM ledger.${table}`)
    await expectRefused(`BEGIN; LOCK TABLE ledger.${table} IN ACCESS SHARE MODE`)
  })

  test.each([
    ['the other app’s table', 'SELECT * FROM {other}.things'],
    ['the other app’s partition', 'SELECT * FROM ledger.entries_{other}'],
    ['the other app’s view', 'TABLE {other}.sums'],
    ['the other app’s sequence', 'SELECT last_value FROM {other}.things_id_seq'],
    ['the other app’s function', "SELECT {other}.shout('x')"],
    ['the own partition, past row-level security', 'SELECT * FROM ledger.entries_{own}'],
    ['the history of the ledger’s migrations', 'SELECT * FROM ledger._prisma_migrations'],
    ['the history of the own migrations', 'SELECT * FROM {own}._prisma_migrations'],
    ['COPY of the other’s table', 'COPY {other}.things TO STDOUT'],
    ['COPY of the own partition', 'COPY ledger.entries_{own} TO STDOUT'],
    ['COPY to a file', "COPY ledger.accounts TO '/tmp/ledger-attack'"],
    ['COPY to a program', "COPY ledger.accounts TO PROGRAM 'cat'"],
    ['COPY from a program', "COPY {own}.things (name) FROM PROGRAM 'id'"],
    ['row_security off', 'SET row_security = off; SELECT * FROM ledger.accounts'],
    ['passwords', 'SELECT * FROM pg_authid'],
    ['passwords, by their older view', 'SELECT * FROM pg_shadow'],
    ['statistics of all columns', 'SELECT * FROM pg_statistic'],
    ['the server’s settings in files', 'SELECT * FROM pg_file_settings'],
    ['who may log in from where', 'SELECT * FROM pg_hba_file_rules'],
    ['large objects', 'SELECT * FROM pg_largeobject'],
    ['passwords of foreign servers', 'SELECT * FROM pg_user_mapping'],
  ])('%s', (_, statement) => expectRefused(statement))

  test.each([
    ['accounts', 'TABLE ledger.accounts', 1],
    ['entries', 'TABLE ledger.entries', 2],
    ['holds', 'TABLE ledger.holds', 1],
    ['apps', 'TABLE ledger.apps', 1],
    ['the other’s account', "SELECT FROM ledger.accounts WHERE book = '{other}'", 0],
    ['the other’s entries', "SELECT FROM ledger.entries WHERE app = '{other}'", 0],
    ['the other’s holds', "SELECT FROM ledger.holds WHERE app = '{other}'", 0],
    ['the other’s operations', "SELECT FROM ledger.apps WHERE app = '{other}'", 0],
    ['everything OR true', "SELECT FROM ledger.accounts WHERE book = '{other}' OR true", 1],
    ['a count', 'SELECT FROM ledger.entries GROUP BY app', 1],
  ])('of %s it sees only its own rows', async (_, statement, rows) => {
    const seen = await attempt(statement)
    expect(seen).toMatchObject({ refused: undefined, rowCount: rows })
    expect(JSON.stringify(seen)).not.toContain(secret)
  })

  test('COPY of a shared table sends only its own rows', async () => {
    expect(await attempt('COPY ledger.accounts TO STDOUT')).toMatchObject({ refused: undefined, rowCount: 1 })
  })
})

const modes = [
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
]

describe('LOCK TABLE is refused', () => {
  test.each(tables.flatMap(({ table }) => modes.map((mode) => [table, mode])))(
    '%s in %s MODE',
    (table, mode) => expectRefused(`BEGIN; LOCK TABLE ledger.${table} IN ${mode} MODE`),
  )
  test('ACCESS SHARE of a table that it may not read', () =>
    expectRefused('BEGIN; LOCK TABLE ledger.entries_{other} IN ACCESS SHARE MODE'))
  test('any mode of the other app’s table', () =>
    expectRefused('BEGIN; LOCK TABLE {other}.things IN ACCESS SHARE MODE'))
})

describe('making an object of any kind is refused', () => {
  const trigger = 'LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$'
  test.each([
    ['a table in its schema', 'CREATE TABLE {own}.mine (id int)'],
    ['a table in the ledger', 'CREATE TABLE ledger.mine (id int)'],
    ['a table in public', 'CREATE TABLE public.mine (id int)'],
    ['a table in the other’s schema', 'CREATE TABLE {other}.mine (id int)'],
    ['a temporary table', 'CREATE TEMP TABLE accounts (id int)'],
    ['a temporary table by SELECT', 'SELECT 1 AS id INTO TEMP mine'],
    ['a temporary view', 'CREATE TEMP VIEW mine AS SELECT 1'],
    ['a temporary sequence', 'CREATE TEMP SEQUENCE mine'],
    ['a function of the session', `CREATE FUNCTION pg_temp.now() RETURNS int LANGUAGE sql RETURN 1`],
    ['an unlogged table', 'CREATE UNLOGGED TABLE {own}.mine (id int)'],
    ['a table by SELECT', 'CREATE TABLE {own}.mine AS SELECT 1'],
    ['a partition', "CREATE TABLE ledger.mine PARTITION OF ledger.entries FOR VALUES IN ('mine')"],
    ['a child of a table', 'CREATE TABLE {own}.mine () INHERITS (ledger.accounts)'],
    ['a foreign table', 'CREATE FOREIGN TABLE {own}.mine (id int) SERVER mine', '42704|42501'],
    ['a view', 'CREATE VIEW {own}.mine AS TABLE ledger.accounts'],
    ['a materialized view', 'CREATE MATERIALIZED VIEW {own}.mine AS TABLE ledger.accounts'],
    ['a sequence', 'CREATE SEQUENCE {own}.mine'],
    ['an index', 'CREATE INDEX ON ledger.accounts (balance)'],
    ['an index, concurrently', 'CREATE INDEX CONCURRENTLY ON ledger.accounts (balance)'],
    ['an index of its own table', 'CREATE INDEX ON {own}.things (name)'],
    ['a schema', 'CREATE SCHEMA mine'],
    ['a schema of its name, which its search_path begins with', 'CREATE SCHEMA AUTHORIZATION CURRENT_USER'],
    ['a function', 'CREATE FUNCTION {own}.mine() RETURNS int LANGUAGE sql RETURN 1'],
    ['a function in public', 'CREATE FUNCTION public.now() RETURNS int LANGUAGE sql RETURN 1'],
    [
      'a function in the place of the clock',
      'CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql RETURN now()',
    ],
    ['a function in pg_catalog', 'CREATE FUNCTION pg_catalog.mine() RETURNS int LANGUAGE sql RETURN 1'],
    ['a procedure', 'CREATE PROCEDURE {own}.mine() LANGUAGE sql AS $$ SELECT 1 $$'],
    ['a trigger function', `CREATE FUNCTION {own}.mine() RETURNS trigger ${trigger}`],
    ['a function in C', "CREATE FUNCTION {own}.mine() RETURNS int LANGUAGE c AS 'libc', 'system'"],
    ['an aggregate', 'CREATE AGGREGATE {own}.mine (int) (SFUNC = int4pl, STYPE = int)'],
    [
      'a trigger',
      'CREATE TRIGGER mine AFTER INSERT ON ledger.entries EXECUTE FUNCTION ledger.refuse_change()',
    ],
    [
      'a trigger on its own table',
      'CREATE TRIGGER mine AFTER INSERT ON {own}.things EXECUTE FUNCTION ledger.refuse_change()',
    ],
    [
      'an event trigger',
      'CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION ledger.refuse_change()',
    ],
    ['a rule', 'CREATE RULE mine AS ON INSERT TO ledger.accounts DO INSTEAD NOTHING'],
    ['a policy', 'CREATE POLICY mine ON ledger.accounts USING (true)'],
    ['a type', 'CREATE TYPE {own}.mine AS (id int)'],
    ['an enum', "CREATE TYPE {own}.mine AS ENUM ('a')"],
    ['a range', 'CREATE TYPE {own}.mine AS RANGE (SUBTYPE = int)'],
    ['a base type', 'CREATE TYPE {own}.mine'],
    ['a domain', 'CREATE DOMAIN {own}.mine AS int'],
    ['an operator', 'CREATE OPERATOR {own}.+ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = int8pl)'],
    ['an operator class', 'CREATE OPERATOR CLASS {own}.mine FOR TYPE int USING btree AS OPERATOR 1 <'],
    ['an operator family', 'CREATE OPERATOR FAMILY {own}.mine USING btree'],
    ['a cast', 'CREATE CAST (text AS bigint) WITH INOUT AS IMPLICIT'],
    ['a collation', 'CREATE COLLATION {own}.mine FROM "C"'],
    ['a conversion', "CREATE CONVERSION {own}.mine FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1"],
    ['statistics', 'CREATE STATISTICS {own}.mine ON app, operation FROM ledger.entries'],
    ['a text search configuration', 'CREATE TEXT SEARCH CONFIGURATION {own}.mine (COPY = simple)'],
    ['a text search dictionary', 'CREATE TEXT SEARCH DICTIONARY {own}.mine (TEMPLATE = simple)'],
    [
      'a text search parser',
      'CREATE TEXT SEARCH PARSER {own}.mine (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)',
    ],
    ['a text search template', 'CREATE TEXT SEARCH TEMPLATE {own}.mine (LEXIZE = dsimple_lexize)'],
    ['a language', 'CREATE LANGUAGE mine HANDLER plpgsql_call_handler'],
    [
      'a transform',
      'CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))',
      '42501|42P17|42883',
    ],
    ['an access method', 'CREATE ACCESS METHOD mine TYPE TABLE HANDLER heap_tableam_handler'],
    ['an extension', 'CREATE EXTENSION pg_stat_statements'],
    ['a foreign data wrapper', 'CREATE FOREIGN DATA WRAPPER mine'],
    ['a foreign server', 'CREATE SERVER mine FOREIGN DATA WRAPPER mine', '42704'],
    ['a user mapping', 'CREATE USER MAPPING FOR CURRENT_USER SERVER mine', '42704'],
    ['a publication', 'CREATE PUBLICATION mine FOR TABLE ledger.entries'],
    [
      'a subscription',
      "CREATE SUBSCRIPTION mine CONNECTION 'dbname=x' PUBLICATION mine WITH (connect = false)",
    ],
    ['a tablespace', "CREATE TABLESPACE mine LOCATION '/tmp'"],
    ['a database', 'CREATE DATABASE mine'],
    ['a role', 'CREATE ROLE mine'],
    ['a user', "CREATE USER mine PASSWORD 'x'"],
    ['a large object', 'SELECT lo_create(0)'],
    ['a large object with content', "SELECT lo_from_bytea(0, 'x')"],
  ] as [string, string, string?][])('%s', (_, statement, code) =>
    expectRefused(statement, code && `(?:${code})`),
  )
})

describe('changing or dropping an object is refused', () => {
  test.each([
    ['a column of accounts', 'ALTER TABLE ledger.accounts ADD COLUMN mine int'],
    ['a column of its own table', 'ALTER TABLE {own}.things ADD COLUMN mine int'],
    ['a constraint', 'ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_available'],
    ['the trigger of entries', 'ALTER TABLE ledger.entries DISABLE TRIGGER entries_append_only'],
    ['all triggers', 'ALTER TABLE ledger.entries DISABLE TRIGGER ALL'],
    ['row-level security', 'ALTER TABLE ledger.accounts DISABLE ROW LEVEL SECURITY'],
    ['the owner of a table', 'ALTER TABLE ledger.accounts OWNER TO CURRENT_USER'],
    ['a table’s name', 'ALTER TABLE ledger.accounts RENAME TO mine'],
    ['a table’s schema', 'ALTER TABLE ledger.accounts SET SCHEMA {own}'],
    ['which partitions there are', 'ALTER TABLE ledger.entries DETACH PARTITION ledger.entries_{other}'],
    [
      'what a partition is of',
      "ALTER TABLE ledger.entries ATTACH PARTITION {own}.things FOR VALUES IN ('x')",
    ],
    ['a policy', 'ALTER POLICY own_app ON ledger.entries USING (true)'],
    ['a function', 'ALTER FUNCTION ledger.may_use SECURITY DEFINER'],
    ['a function’s owner', 'ALTER FUNCTION ledger.now() OWNER TO CURRENT_USER'],
    ['a setting of a function', 'ALTER FUNCTION ledger.post_{own} SET search_path = {own}'],
    ['a domain', 'ALTER DOMAIN ledger.credits DROP CONSTRAINT credits_range'],
    ['a sequence', 'ALTER SEQUENCE ledger.entries_id_seq RESTART'],
    ['its own sequence', 'ALTER SEQUENCE {own}.things_id_seq RESTART'],
    ['an index', 'ALTER INDEX ledger.accounts_pkey RENAME TO mine'],
    ['a schema', 'ALTER SCHEMA ledger RENAME TO mine'],
    ['its schema', 'ALTER SCHEMA {own} OWNER TO CURRENT_USER'],
    ['the database', 'ALTER DATABASE postgres RENAME TO mine'],
    ['a setting of the server', "ALTER SYSTEM SET work_mem = '1GB'"],
    ['a setting of all roles', 'ALTER ROLE ALL SET row_security = off'],
    ['the other’s password', "ALTER ROLE ledger_{other} PASSWORD 'x'"],
    ['the other’s settings', 'ALTER ROLE ledger_{other} SET statement_timeout = 1'],
    ['its own rank', 'ALTER ROLE CURRENT_USER SUPERUSER'],
    ['its way around row-level security', 'ALTER ROLE CURRENT_USER BYPASSRLS'],
    ['its right to make roles', 'ALTER ROLE CURRENT_USER CREATEROLE'],
    ['its number of connections', 'ALTER ROLE CURRENT_USER CONNECTION LIMIT -1'],
    ['its name', 'ALTER ROLE ledger_{own} RENAME TO mine', '42501|0A000'],
    ['how much it may put into files', 'ALTER ROLE CURRENT_USER SET temp_file_limit = -1'],
    [
      'rights on what the owner makes',
      'ALTER DEFAULT PRIVILEGES FOR ROLE ledger_{other} GRANT ALL ON TABLES TO PUBLIC',
    ],
    ['an extension', 'ALTER EXTENSION plpgsql UPDATE'],
    ['a comment', "COMMENT ON TABLE ledger.accounts IS 'mine'"],
    ['a comment of its own table', "COMMENT ON TABLE {own}.things IS 'mine'"],
    ['a security label', "SECURITY LABEL ON TABLE ledger.accounts IS 'mine'", '42501|22023'],
    ['DROP TABLE', 'DROP TABLE ledger.accounts CASCADE'],
    ['DROP of a partition', 'DROP TABLE ledger.entries_{other}'],
    ['DROP of its own partition', 'DROP TABLE ledger.entries_{own}'],
    ['DROP of its own table', 'DROP TABLE {own}.things'],
    ['DROP FUNCTION', 'DROP FUNCTION ledger.may_use CASCADE'],
    ['DROP POLICY', 'DROP POLICY own_app ON ledger.entries'],
    ['DROP TRIGGER', 'DROP TRIGGER entries_append_only ON ledger.entries'],
    ['DROP INDEX', 'DROP INDEX ledger.entries_id_idx'],
    ['DROP SEQUENCE', 'DROP SEQUENCE ledger.entries_id_seq CASCADE'],
    ['DROP DOMAIN', 'DROP DOMAIN ledger.credits CASCADE'],
    ['DROP SCHEMA', 'DROP SCHEMA ledger CASCADE'],
    ['DROP ROLE', 'DROP ROLE ledger_{other}'],
    ['DROP of its own role', 'DROP ROLE CURRENT_USER', '42501|55006'],
    ['DROP DATABASE', 'DROP DATABASE postgres'],
    ['DROP EXTENSION', 'DROP EXTENSION plpgsql CASCADE'],
    ['DROP OWNED of the other', 'DROP OWNED BY ledger_{other}'],
    ['REASSIGN OWNED of the other', 'REASSIGN OWNED BY ledger_{other} TO CURRENT_USER'],
    ['REASSIGN OWNED of its own', 'REASSIGN OWNED BY CURRENT_USER TO ledger_{other}'],
    ['CLUSTER', 'CLUSTER ledger.accounts USING accounts_pkey'],
    ['REINDEX of a table', 'REINDEX TABLE ledger.accounts'],
    ['REINDEX of its own table', 'REINDEX TABLE {own}.things'],
    ['REINDEX of a schema', 'REINDEX SCHEMA ledger'],
    ['REFRESH of its own view', 'REFRESH MATERIALIZED VIEW {own}.sums'],
    ['REFRESH of the other’s view', 'REFRESH MATERIALIZED VIEW {other}.sums'],
    ['IMPORT FOREIGN SCHEMA', 'IMPORT FOREIGN SCHEMA x FROM SERVER mine INTO {own}', '42704'],
  ] as [string, string, string?][])('%s', (_, statement, code) =>
    expectRefused(statement, code && `(?:${code})`),
  )
})

describe('becoming another role, and granting rights, is refused', () => {
  test.each([
    ['SET ROLE of the other', 'SET ROLE ledger_{other}'],
    ['SET ROLE by set_config', "SELECT set_config('role', 'ledger_{other}', false)"],
    ['SET ROLE of a reader of all', 'SET ROLE pg_read_all_data'],
    ['SET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION ledger_{other}'],
    ['session_replication_role, which stops triggers', 'SET session_replication_role = replica'],
    ['temp_file_limit', 'SET temp_file_limit = -1'],
    ['log settings', "SET log_statement = 'all'"],
    ['a library for each session', "SET session_preload_libraries = 'x'"],
    ['LOAD of a library', "LOAD 'pg_stat_statements'"],
    ['its role for the other', 'GRANT ledger_{own} TO ledger_{other}'],
    ['the other’s role for itself', 'GRANT ledger_{other} TO CURRENT_USER'],
    ['a reader’s role for itself', 'GRANT pg_read_all_data TO CURRENT_USER'],
    ['a function that it may not call', 'GRANT EXECUTE ON FUNCTION ledger.post_{other} TO CURRENT_USER'],
    ['the other’s schema', 'GRANT USAGE ON SCHEMA {other} TO CURRENT_USER'],
    ['the other’s table', 'GRANT ALL ON {other}.things TO CURRENT_USER'],
    ['a partition', 'GRANT SELECT ON ledger.entries_{own} TO CURRENT_USER'],
    ['a sequence', 'GRANT ALL ON SEQUENCE ledger.entries_id_seq TO CURRENT_USER'],
    ['rights of the other', 'REVOKE ALL ON {other}.things FROM ledger_{other}'],
    ['a setting', 'GRANT SET ON PARAMETER temp_file_limit TO CURRENT_USER'],
    ['CHECKPOINT', 'CHECKPOINT'],
    [
      'PREPARE TRANSACTION, which would outlive the session',
      "BEGIN; SELECT 1; PREPARE TRANSACTION 'mine'",
      '55000',
    ],
  ] as [string, string, string?][])('%s', (_, statement, code) => expectRefused(statement, code))

  test('SET ROLE of the owner', async () => {
    const { rows } = await owner.query('SELECT quote_ident(current_user) AS name')
    await expectRefused(`SET ROLE ${rows[0].name}`)
    await expectRefused(`SET SESSION AUTHORIZATION ${rows[0].name}`)
    await expectRefused(`GRANT ${rows[0].name} TO CURRENT_USER`)
    await expectRefused(`ALTER DEFAULT PRIVILEGES FOR ROLE ${rows[0].name} GRANT ALL ON TABLES TO PUBLIC`)
  })
})

// PostgreSQL only warns here. The comparison at the end shows that nothing changed.
describe('has no effect', () => {
  test.each([
    [
      'GRANT of what it has, without the right to pass it on',
      'GRANT SELECT ON ledger.accounts TO PUBLIC',
      'no privileges were granted',
    ],
    ['GRANT of its schema', 'GRANT ALL ON SCHEMA {own} TO PUBLIC', 'no privileges were granted'],
    ['GRANT of its table', 'GRANT ALL ON {own}.things TO ledger_{other}', 'no privileges were granted'],
    [
      'GRANT of its function',
      'GRANT EXECUTE ON FUNCTION ledger.post_{own} TO ledger_{other}',
      'no privileges were granted',
    ],
    [
      'REVOKE of another’s right',
      'REVOKE SELECT ON ledger.accounts FROM ledger_{other}',
      'no privileges could be revoked',
    ],
    [
      'ANALYZE',
      'ANALYZE ledger.accounts',
      'permission denied to analyze|only table or database owner can analyze',
    ],
    [
      'VACUUM',
      'VACUUM ledger.accounts',
      'permission denied to vacuum|only table or database owner can vacuum',
    ],
    [
      'VACUUM FULL of the other’s table',
      'VACUUM FULL {other}.things',
      'permission denied to vacuum|only table or database owner can vacuum|permission denied for schema',
    ],
  ])('%s', async (_, statement, notice) => {
    const { notices, message } = await attempt(statement)
    expect([...notices, message].join('\n')).toMatch(new RegExp(notice))
  })
})

// What PostgreSQL allows everybody, and why it harms nobody else.
describe('is allowed, and harms nobody else', () => {
  test.each([
    ['DO: it runs with the own rights', 'DO $$ BEGIN PERFORM 1; END $$'],
    ['RESET ROLE: it is who it is already', 'RESET ROLE'],
    ['a search_path: no function of the ledger follows it', 'SET search_path = {own}, pg_temp, pg_catalog'],
    ['bounds of its session: docs/security.md says what follows', 'SET statement_timeout = 0'],
    ['its own password: it locks itself out alone', "BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'x'"],
    [
      'settings of its own role: a session may have them anyway',
      'BEGIN; ALTER ROLE CURRENT_USER SET work_mem = 64',
    ],
    [
      'default rights on what it makes, which is nothing',
      'BEGIN; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC',
    ],
    ['a cursor over its own rows', 'BEGIN; DECLARE c CURSOR FOR TABLE ledger.accounts; FETCH ALL FROM c'],
    [
      'LISTEN and NOTIFY: a wake-up has no content',
      'LISTEN ledger_posted_{other}; NOTIFY ledger_posted_{other}',
    ],
    [
      'its own rows',
      "BEGIN; INSERT INTO {own}.things (name) VALUES ('x'); UPDATE {own}.things SET name = 'y'; DELETE FROM {own}.things",
    ],
    ['its own sequence', "BEGIN; SELECT nextval('{own}.things_id_seq')"],
    ['its own function', "SELECT {own}.shout('x')"],
  ])('%s', async (_, statement) => {
    expect(await attempt(statement)).toMatchObject({ refused: undefined, message: '' })
  })

  test('giving up its own rights: npx shared-ledger provision gives them back', async () => {
    const { refused } = await attempt('BEGIN; DROP OWNED BY CURRENT_USER')
    expect([undefined, forbidden]).toContain(refused) // newer versions refuse even this
  })

  test('EXPLAIN reveals no value of the other app', async () => {
    const { rows } = await attempt(
      "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM ledger.accounts WHERE book = '{other}'",
    )
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(secret)
    expect(JSON.stringify(rows)).toContain(apps.other) // its own statement contains the name
  })
})
