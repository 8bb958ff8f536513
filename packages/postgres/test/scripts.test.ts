// The scripts that a migration may have, and the error and the database after one that fails.
import { describe, expect, test } from 'vitest'
import { BOOST, migratingProject } from './support/migrating.ts'

const project = migratingProject()
const { write, migrating, failing, rows, states, isTable, until, connect } = project

const FILE = `apps/content/prisma/migrations/${BOOST}/migration.sql`
const NOTHING = `The migration ${BOOST} of the app content failed and changed nothing.`
const A_PART = `The migration ${BOOST} of the app content failed, and may have changed something, as it commits by itself.`

const everything = async () => [
  await rows(`SELECT oid, relname, relfilenode FROM pg_class WHERE relname !~ '^pg_' ORDER BY 1`),
  await rows('SELECT * FROM content._prisma_migrations ORDER BY id'),
]

describe('a script that runs', () => {
  test.each([
    ['without anything in it', '', []],
    ['of a comment without an end of line', '-- nothing yet', []],
    ['without a last semicolon', 'CREATE TABLE a ();\nCREATE TABLE b ()', ['a', 'b']],
    ['that ends with a comment', 'CREATE TABLE a () -- the first', ['a']],
    ['with a transaction of its own', 'BEGIN; CREATE TABLE a (); COMMIT;', ['a']],
    ['with a part that it commits', 'CREATE TABLE a (); COMMIT; CREATE TABLE b ();', ['a', 'b']],
    ['with semicolons in a body', `DO $$ BEGIN CREATE TABLE a (); CREATE TABLE b (); END $$;`, ['a', 'b']],
    [
      'of a statement that runs outside of a transaction',
      'CREATE INDEX CONCURRENTLY a ON contents (title)',
      ['a'],
    ],
    [
      'that wants a transaction of its own kind',
      'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; CREATE TABLE a ();',
      ['a'],
    ],
  ])('%s is there once, with its row', async (_, sql, made) => {
    write(sql)
    expect(await migrating()).toEqual([`Migrating the app content: ${BOOST} …`])
    for (const name of made) expect(await isTable(`content.${name}`), name).toBe(true)
    expect(await states()).toEqual([{ state: 'finished', logs: null }])
    expect(await migrating()).toEqual([])
  })

  test.each(['DISCARD ALL', 'SELECT pg_advisory_unlock_all()'])(
    '%s is followed by the next one under the locks of a migrating process',
    async (sql) => {
      write(sql)
      write(
        `CREATE TABLE held AS SELECT count(*)::int FROM pg_locks
          WHERE locktype = 'advisory' AND pid = pg_backend_pid()`,
        { name: '20991122000001_later' },
      )
      await migrating()
      expect(await rows('SELECT count FROM content.held')).toEqual([{ count: 2 }])
    },
  )

  test('that rolls a part back by itself is recorded as finished', async () => {
    write('CREATE TABLE a (); ROLLBACK; CREATE TABLE b ();')
    await migrating()
    expect([await isTable('content.a'), await isTable('content.b')]).toEqual([false, true])
    expect(await states()).toEqual([{ state: 'finished', logs: null }])
  })

  test('changes no settings for the next one', async () => {
    write(
      'SET search_path TO pg_catalog; SET lock_timeout = 1; SET ROLE pg_monitor; RESET ROLE; CREATE TEMP TABLE contents ();',
    )
    write(
      `CREATE TABLE seen AS SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS timeout,
         (SELECT count(*)::int FROM pg_attribute WHERE attrelid = 'contents'::regclass AND attnum > 0) > 1 AS ours`,
      { name: `${BOOST}_2` },
    )
    await migrating()
    expect(await rows('SELECT * FROM content.seen')).toEqual([{ path: 'content', timeout: '0', ours: true }])
  })
})

describe('a script that fails', () => {
  test.each([
    [
      'in its last statement',
      'CREATE TABLE a ();\n-- 🎉 ☃\nUPDATE\n  no_such_table SET x = 1;',
      'ERROR: relation "no_such_table" does not exist (SQLSTATE 42P01, line 4)',
    ],
    [
      'with a syntax error',
      'CREATE TABLE a ();\n\nCREATE TABEL b ();',
      'ERROR: syntax error at or near "TABEL" (SQLSTATE 42601, line 3)',
    ],
    ['with a comment that does not end', 'CREATE TABLE a (); /* what', 'ERROR: unterminated /* comment'],
    [
      'with a string that does not end',
      "CREATE TABLE a (); SELECT 'what",
      'The script has a quote, or a $$, that does not end.',
    ],
    [
      'with a body that does not end',
      'CREATE TABLE a (); DO $$ BEGIN',
      'The script has a quote, or a $$, that does not end.',
    ],
    [
      'in a transaction of its own',
      'BEGIN; CREATE TABLE a (); SELECT 1 / 0; COMMIT;',
      'ERROR: division by zero (SQLSTATE 22012)',
    ],
    ['within a block', 'DO $$ BEGIN\n PERFORM 1 / 0; END $$', 'CONTEXT: SQL '],
    [
      'with what only psql knows',
      'CREATE TABLE a ();\n\\connect other',
      'ERROR: syntax error at or near "\\" (SQLSTATE 42601, line 2)',
    ],
    ['with rows for COPY', 'CREATE TABLE a (n int); COPY a FROM stdin;\n1\n\\.\n', '(SQLSTATE '],
    [
      'in the words of the ledger',
      `SELECT ledger.set_operations('content', ARRAY['DAILY_REWARD']);`,
      'HINT: Every app has all of',
    ],
  ])('%s changes nothing, and says where and why', async (_, sql, words) => {
    const before = await everything()
    write(sql)
    const failure = await failing()
    expect(failure.split('\n')[0]).toBe(NOTHING)
    expect(failure).toContain(words)
    expect(failure.split('\n').at(-1)).toBe(`Correct ${FILE} and migrate again.`)
    expect(failure).not.toMatch(/\n\s+at |node_modules|P3018|schema-engine/)
    expect(await everything()).toEqual(before)
    write('CREATE TABLE a ();')
    await migrating()
    expect(await states()).toEqual([{ state: 'finished', logs: null }])
  })

  test('because its COMMIT is missing changes nothing', async () => {
    const before = await everything()
    write('CREATE TABLE a (); BEGIN; CREATE TABLE b ();')
    const failure = await failing()
    expect(failure.split('\n').slice(0, 2)).toEqual([
      NOTHING,
      'The script begins a transaction and does not end it.',
    ])
    expect(failure).toContain(`Correct ${FILE}`)
    expect(await everything()).toEqual(before)
  })

  test('after its own COMMIT may have left changes, which the error says, and runs again after it is corrected', async () => {
    write('BEGIN; CREATE TABLE a (); COMMIT; SELECT 1 / 0;')
    const failure = await failing()
    expect(failure.split('\n')).toEqual([
      A_PART,
      'ERROR: division by zero (SQLSTATE 22012)',
      `Look at the database, fit ${FILE} to it, and migrate again.`,
    ])
    expect(await isTable('content.a')).toBe(true)
    expect(await states()).toEqual([{ state: 'unfinished', logs: 'division by zero' }])
    write('BEGIN; CREATE TABLE IF NOT EXISTS a (); COMMIT; SELECT 1;')
    await migrating()
    expect(await states()).toEqual([
      { state: 'rolled back', logs: 'division by zero' },
      { state: 'finished', logs: null },
    ])
  })

  test('because one of its statements cannot run in a transaction changes nothing', async () => {
    const before = await everything()
    write('CREATE TABLE a ();\nCREATE INDEX CONCURRENTLY b ON contents (title);')
    const failure = await failing()
    expect(failure.split('\n')).toEqual([
      NOTHING,
      'ERROR: CREATE INDEX CONCURRENTLY cannot run inside a transaction block (SQLSTATE 25001)',
      `Give the statement a migration of its own, as its only one: ${FILE}. Then migrate again.`,
    ])
    expect(await everything()).toEqual(before)
  })

  test('to create an index concurrently leaves an invalid one, which the error names', async () => {
    await rows(
      `INSERT INTO content.contents (owner_id, title, body, entry_id) VALUES ('a', 't', 'b', 1), ('a', 't', 'b', 2)`,
    )
    write('CREATE UNIQUE INDEX CONCURRENTLY one_title ON contents (title)')
    const failure = await failing()
    expect(failure.split('\n')[0]).toBe(A_PART)
    expect(failure).toContain('DETAIL: Key (title)=(t) is duplicated.')
    expect(failure).toContain('It may have left this index, which is invalid: DROP INDEX content.one_title;')
    await rows('DROP INDEX content.one_title')
    write('CREATE INDEX CONCURRENTLY one_title ON contents (title)')
    await migrating()
    expect((await states()).map(({ state }) => state)).toEqual(['rolled back', 'finished'])
  })

  test('because of a lock that it does not get in time needs no change', async () => {
    const holder = await connect()
    await holder.query('BEGIN; LOCK TABLE content.contents')
    write(`SET LOCAL lock_timeout = '10ms'; CREATE TABLE a (); ALTER TABLE contents ADD COLUMN note text;`)
    const failure = await failing()
    expect(failure.split('\n')).toEqual([
      NOTHING,
      'ERROR: canceling statement due to lock timeout (SQLSTATE 55P03)',
      'The next time it may succeed: migrate again.',
    ])
    expect(await isTable('content.a')).toBe(false)
    await holder.query('ROLLBACK')
    await migrating()
    expect(await isTable('content.a')).toBe(true)
  })

  test('in a deadlock needs no change', async () => {
    const other = await connect()
    await other.query(`BEGIN; SET LOCAL deadlock_timeout = '1h'; LOCK TABLE content.accesses`)
    write(
      `SET LOCAL deadlock_timeout = '10ms';
       CREATE TABLE a ();
       LOCK TABLE contents;
       DO $$ BEGIN
         WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'contents'::regclass) LOOP
           PERFORM pg_sleep(0.01);
         END LOOP;
       END $$;
       LOCK TABLE accesses;`,
    )
    const failed = failing()
    await until(
      `SELECT FROM pg_locks WHERE granted AND relation = 'content.contents'::regclass AND mode = 'AccessExclusiveLock'`,
    )
    await other.query('LOCK TABLE content.contents') // had once the migration has failed
    await other.query('ROLLBACK')
    const failure = await failed
    expect(failure.split('\n')[0]).toBe(NOTHING)
    expect(failure).toContain('ERROR: deadlock detected (SQLSTATE 40P01)')
    expect(failure.split('\n').at(-1)).toBe('The next time it may succeed: migrate again.')
    expect(await isTable('content.a')).toBe(false)
  })
})
