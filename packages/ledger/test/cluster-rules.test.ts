// Rules for the ledger's SQL, so that the same text works on one PostgreSQL and on a Citus cluster, whose tables are
// distributed by owner_id. Each rule has samples that break it, and the test must find them.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openLedger } from './open-ledger.ts'

const { sql } = await openLedger()

/** A function, or a question of verify, without its comments. */
interface Text {
  readonly name: string
  readonly sql: string
}

const root = new URL('../../../', import.meta.url)

function textsIn(folder: string): Text[] {
  const files = readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.sql'))
    .flatMap((file) => textsOf(file, readFileSync(new URL(folder + file, root), 'utf8')))
}

/** Returns the functions of a file. */
function textsOf(file: string, text: string): Text[] {
  const parts = text.replaceAll(/--.*$/gm, '').split(/(?=CREATE OR REPLACE FUNCTION )/)
  return parts.map((part) => ({
    name: /^CREATE OR REPLACE FUNCTION ledger\.(\w+)/.exec(part)?.[1] ?? file,
    sql: part,
  }))
}

const namesIn = (file: string): string[] =>
  textsOf(file, readFileSync(new URL(file, root), 'utf8')).map(({ name }) => name)

const texts = [...textsIn('prisma/functions/'), ...textsIn('packages/ledger/verify/')]

const found = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([match]) => match.replaceAll(/\s+/g, ' '))

const namesOf = async (query: string, values: readonly unknown[] = []): Promise<string[]> =>
  (await sql.query<{ name: string }>(query, [...values])).rows.map(({ name }) => name)

const volatileFunctions = [
  ...['clock_timestamp', 'gen_random_uuid', 'nextval', 'random', 'setval', 'timeofday'],
  ...(await namesOf(
    `SELECT proname::text AS name FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace AND provolatile = 'v'`,
  )),
]

// A shard that moved has its rows at other places, so an update by place is lost.
const placesOfRows = ({ sql }: Text) => found(sql, /\bctid\b/gi)

/** Distributed tables and their partitions. */
const table = /ledger\.(?:accounts|entries(?:_\w+)?|holds|limit_windows|lots|lot_uses|lot_holds)\b/.source
const noAlias =
  /(?!(?:CROSS|DO|FOR|FULL|GROUP|INNER|JOIN|LEFT|LIMIT|ON|ORDER|RETURNING|SET|UNION|USING|VALUES|WHERE)\b)/
    .source

// A row that was read from a shard has the shard's type.
function wholeRows({ sql }: Text) {
  const tables = sql.matchAll(
    new RegExp(
      `(?:\\b(?:FROM|JOIN|UPDATE)|,)\\s+(?:ONLY\\s+)?(${table})(?:\\s+(?:AS\\s+)?${noAlias}(\\w+))?`,
      'gi',
    ),
  )
  const aliases = [...tables].map(([, name = '', alias]) => alias ?? name.replace('ledger.', ''))
  const used = new RegExp(
    `(?:[(,]|\\bSELECT(?:\\s+DISTINCT)?\\s)\\s*(?:${aliases.join('|')})(?=\\s*[,)]|\\s+(?:AS|FROM|INTO|ORDER)\\b)`,
    'gi',
  )
  return aliases.length > 0 ? found(sql, used) : []
}

// The same for a variable, a parameter or a result.
const typesOfRows = ({ sql }: Text) =>
  found(
    sql,
    new RegExp(
      `\\b(?!(?:FROM|INTO|JOIN|ONLY|UPDATE|ON)\\b)\\w+\\s+${table}(?:\\[\\]|%ROWTYPE|\\s*(?:[;,)]|:=|LANGUAGE\\b))`,
      'gi',
    ),
  )

const updatesIn = (sql: string) => found(sql, /\bUPDATE\s+(?:ledger\.\w+[^;]*?\s)?SET\s[^;]*/gi)

// Two of them end the backend, and with it the node.
const subscriptsInSetLists = ({ sql }: Text) =>
  updatesIn(sql).filter((update) =>
    /\w\[/.test(update.replace(/^.*?\bSET\s/, '').split(/\b(?:WHERE|FROM|RETURNING)\b/)[0] ?? ''),
  )

// Each shard would compute another value, so Citus refuses it.
const volatileFunctionsInUpdates = ({ sql }: Text) =>
  updatesIn(sql).filter((update) =>
    new RegExp(`\\b(?:${volatileFunctions.join('|')})\\s*\\(`, 'i').test(update),
  )

// Citus refuses those that are not IMMUTABLE, where it does not pass the whole call on to a node.
const functionsInReturning = ({ sql }: Text) => found(sql, /\bRETURNING\b[^;]*?\bledger\.\w+\s*\([^;]*/gi)

// An object that depends on a table cannot be made on the nodes before the table.
const atomicBodies = ({ sql }: Text) => found(sql, /\bBEGIN\s+ATOMIC\b/gi)

// Nodes give ids out independently, so an owner's ids may decrease along seq.
const ordersById = ({ sql }: Text) => [
  ...found(sql, /\bORDER\s+BY\s+(?:\w+\.)?id\b/gi),
  ...found(sql, /\b(?:min|max|lag|lead|first_value|last_value)\s*\(\s*(?:\w+\.)?id\b/gi),
  ...found(sql, /\b(?:\w+\.)?id\s*(?:<=?|>=?)(?!>)\s*(?:\w+\.)?(?:id|reverses|refunds|hold_id|before)\b/gi),
]

// The lock is taken on all nodes, in 24 to 47 ms.
const tableLocks = ({ sql }: Text) => found(sql, /\bLOCK\s+TABLE\b/gi)

// Citus refuses this on distributed tables.
const renamedConstraints = ({ sql }: Text) => found(sql, /\bRENAME\s+CONSTRAINT\b/gi)
const triggersAfterAttach = ({ sql }: Text) =>
  found(sql, /\bATTACH\s+PARTITION\b[\s\S]*\bCREATE\s+TRIGGER\b/gi)
const selectsWithoutColumns = ({ sql }: Text) =>
  found(sql, new RegExp(`\\bSELECT\\s+FROM\\b[^;()]*${table}`, 'gi'))

interface TextRule {
  readonly find: (text: Text) => string[]
  readonly bad: readonly string[]
  /** The functions and questions that may break the rule, with the reason. */
  readonly except?: Readonly<Record<string, string>>
}

const textRules: Readonly<Record<string, TextRule>> = {
  'no row is named by its place': {
    find: placesOfRows,
    bad: ['UPDATE ledger.accounts a SET seq = 1 WHERE a.ctid = place'],
  },
  'no whole row of a table is passed on': {
    find: wholeRows,
    bad: [
      'SELECT array_agg(a) FROM ledger.accounts a',
      'SELECT ledger.entry_json(e) FROM ledger.entries AS e',
      'SELECT h AS hold FROM ledger.holds h WHERE h.id = 1',
      'SELECT e INTO entry FROM ledger.entries_template e',
      'SELECT json_agg(entries ORDER BY seq) FROM ledger.entries',
      'SELECT f(1, h) FROM unnest(ids) i JOIN ledger.holds h ON h.id = i',
    ],
  },
  'no variable or parameter is a row of a table': {
    find: typesOfRows,
    bad: [
      'DECLARE account ledger.accounts;',
      'CREATE FUNCTION f(pending ledger.entries[]) RETURNS text',
      'RETURNS SETOF ledger.holds LANGUAGE plpgsql',
      'DECLARE hold ledger.holds%ROWTYPE;',
    ],
  },
  'a SET list has no subscripts': {
    find: subscriptsInSetLists,
    bad: [
      'UPDATE ledger.accounts a SET balance = balances[n], seq = seqs[n] WHERE a.seq = 1',
      'INSERT INTO ledger.accounts (seq) VALUES (1) ON CONFLICT DO UPDATE SET seq = seqs[1]',
    ],
  },
  'an UPDATE calls no VOLATILE function': {
    find: volatileFunctionsInUpdates,
    bad: [
      'UPDATE ledger.apps a SET updated_on = ledger.now() WHERE a.app = $1',
      'UPDATE ledger.holds SET released_on = at WHERE created_on < clock_timestamp()',
    ],
  },
  'a RETURNING calls no function of the ledger': {
    find: functionsInReturning,
    bad: ['UPDATE ledger.holds h SET captured = 1 RETURNING h.id, ledger.hold_json(h.id) INTO hold;'],
  },
  'no function is BEGIN ATOMIC': { find: atomicBodies, bad: ['LANGUAGE sql BEGIN ATOMIC SELECT 1; END'] },
  'nothing orders or compares by id what seq or created_on orders': {
    find: ordersById,
    bad: [
      'SELECT 1 FROM ledger.holds h ORDER BY h.id DESC LIMIT 1',
      'SELECT row_number() OVER (PARTITION BY owner_id ORDER BY id)',
      'SELECT lag(id) OVER (PARTITION BY owner_id ORDER BY seq)',
      'SELECT 1 WHERE o.id >= r.id',
    ],
    except: {
      entries_by_transaction: 'one call writes all entries of a transaction, and takes their ids in order',
      replay_template: 'the same',
      'questions/transactions.sql': 'the same',
      is_whole_template: 'compares two sets of ids, whatever their order',
      open_postings: 'refuses a cluster: a whole app is read by id, in one PostgreSQL',
      app_entries: 'the same',
    },
  },
  'no table is locked but by what posts, in one PostgreSQL': {
    find: tableLocks,
    bad: ['LOCK TABLE ONLY ledger.entries IN ROW EXCLUSIVE MODE'],
    except: {
      post_template: 'keeps postings and migrations in one order of locks',
      append_template: 'the same',
      distribute: 'locks what is not distributed yet, so that a copy can be compared with it',
      own_shard: 'waits for distribute, before it looks whether the ledger is distributed',
    },
  },
  'no constraint is renamed': {
    find: renamedConstraints,
    bad: ['ALTER TABLE ledger.entries_content RENAME CONSTRAINT a TO b'],
  },
  'no trigger is made on a partition that is attached': {
    find: triggersAfterAttach,
    bad: [
      'ALTER TABLE ledger.entries ATTACH PARTITION ledger.e FOR VALUES IN (1); CREATE TRIGGER t BEFORE TRUNCATE ON ledger.e',
    ],
  },
  'no SELECT of a distributed table is without columns': {
    find: selectsWithoutColumns,
    bad: ['EXISTS (SELECT FROM ledger.entries_template e WHERE e.id = 1)', 'SELECT FROM ledger.holds'],
  },
}

describe.each(Object.entries(textRules))('%s', (_name, { find, bad, except = {} }) => {
  test('in the files of functions and of verify', () => {
    const broken = texts
      .filter(({ name }) => !(name in except))
      .flatMap((text) => find(text).map((match) => `${text.name}: ${match}`))
    expect(broken).toEqual([])
  })

  test.each(bad)('and is broken by: %s', (sample) => {
    expect(textsOf('sample.sql', sample).flatMap(find)).not.toEqual([])
  })

  test('and each exception breaks it', () => {
    const used = texts.filter((text) => text.name in except && find(text).length > 0)
    expect(new Set(used.map(({ name }) => name))).toEqual(new Set(Object.keys(except)))
  })
})

interface CatalogueRule {
  readonly query: string
  readonly bad: readonly string[]
}

const catalogueRules: Readonly<Record<string, CatalogueRule>> = {
  // Citus accepts an owner_id that is a domain, but then finds nothing.
  'owner_id is plain text': {
    query: `
      SELECT attrelid::regclass::text AS name FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
       WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'p') AND attname = 'owner_id' AND atttypid <> 'text'::regtype`,
    bad: [
      'CREATE TABLE ledger.sample (owner_id ledger.nonce)',
      'CREATE TABLE ledger.sample (owner_id varchar(255))',
    ],
  },
  // A shard can check uniqueness only among its own rows.
  'a unique key of a distributed table has owner_id': {
    query: `
      SELECT indexrelid::regclass::text AS name FROM pg_index i
        JOIN pg_attribute owner ON owner.attrelid = i.indrelid AND owner.attname = 'owner_id'
        JOIN pg_class c ON c.oid = i.indrelid
       WHERE relnamespace = 'ledger'::regnamespace AND indisunique AND owner.attnum <> ALL (indkey)
         AND relname <> 'keys' -- is looked up by id, and small: each node has all of it`,
    bad: [
      'CREATE UNIQUE INDEX ON ledger.holds (id)',
      'CREATE UNIQUE INDEX ON ledger.entries_content (reverses)',
      'ALTER TABLE ledger.accounts ADD UNIQUE (book, seq)',
      'CREATE UNIQUE INDEX ON ledger.holds (id) INCLUDE (nonce)',
    ],
  },
  'every table but those of the apps and the books has owner_id': {
    query: `
      SELECT oid::regclass::text AS name FROM pg_class c
       WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'p') AND relname NOT IN ('apps', 'books', '_prisma_migrations')
         AND (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attname = 'owner_id') IS NULL`,
    bad: ['CREATE TABLE ledger.sample (id bigint)'],
  },
  // Its parameters are unknown when it is planned, so Citus cannot tell which shard to ask.
  'no function in SQL reads a table': {
    query: `
      SELECT DISTINCT p.oid::regprocedure::text AS name FROM pg_proc p
        JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'sql'
        LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
       WHERE p.pronamespace = 'ledger'::regnamespace
         AND (d.refobjid IS NOT NULL OR p.prosrc ~ 'ledger\\.(accounts|apps|books|entries|holds|limit_windows|lots|lot_uses|lot_holds)')`,
    bad: [
      `CREATE FUNCTION ledger.sample(text) RETURNS bigint LANGUAGE sql AS 'SELECT balance FROM ledger.accounts WHERE owner_id = $1'`,
      'CREATE FUNCTION ledger.sample(text) RETURNS bigint LANGUAGE sql RETURN (SELECT balance FROM ledger.accounts WHERE owner_id = $1)',
    ],
  },
}

describe.each(Object.entries(catalogueRules))('%s', (_name, { query, bad }) => {
  test('in the database', async () => {
    expect(await namesOf(query)).toEqual([])
  })

  test.each(bad)('and is broken by: %s', async (sample) => {
    await sql.query(`BEGIN; ${sample}`)
    const broken = await namesOf(query)
    await sql.query('ROLLBACK')
    expect(broken).not.toEqual([])
  })
})

test('what posts to a shard has a copy for the shard, or asks all shards', () => {
  const ofCluster = namesIn('prisma/functions/cluster.sql')
  const sqlOf = new Map(texts.map(({ name, sql }) => [name, sql]))
  const calledBy = (name: string) => {
    const called = [...(sqlOf.get(name) ?? '').matchAll(/ledger\.(\w+)\(/g)].map(([, other = '']) => other)
    return called.filter((other) => other !== name && sqlOf.has(other) && !ofCluster.includes(other))
  }
  const reached = new Set(['post_template', 'append_template'])
  for (const name of reached) for (const called of calledBy(name)) reached.add(called)
  const readsTables = (name: string): boolean =>
    /ledger\.(?:accounts|apps|books|entries|entries_template|holds|limit_windows|lots|lot_uses|lot_holds)\b/.test(
      sqlOf.get(name) ?? '',
    ) || calledBy(name).some(readsTables)

  const [, list = ''] =
    /names CONSTANT text\[\] := ARRAY\[([^\]]*)\]/.exec(sqlOf.get('make_shard_functions') ?? '') ?? []
  const copied = found(list, /\w+/g)
  const asksAll = ['is_whole_template', 'entries_everywhere_template']
  expect([...reached].filter(readsTables).sort()).toEqual([...copied, ...asksAll].sort())
})
