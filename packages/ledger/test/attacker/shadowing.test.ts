import { describe, expect, test } from 'vitest'
import { createLedger, createPool, defineOperations, sharedOperations } from '../../src/index.ts'
import { verifyLedger } from '../../src/verify/verify.ts'
import { postBySql } from '../open-ledger.ts'
import { secret, takeOverApp } from './stage.ts'

// What functions with the owner's rights would meet if the attacker could make objects. Here the owner has given it a
// schema of its own, and temporary tables.
const { apps, attacker, database, owner, urlOf } = await takeOverApp()
const mine = `${apps.own}_mine`
await owner.query(
  `CREATE SCHEMA ${mine} AUTHORIZATION ledger_${apps.own}; GRANT TEMPORARY ON DATABASE ${database.name} TO ledger_${apps.own}`,
)

/** A function body that uses the chance to run with more rights than its maker has. */
const strike = `BEGIN UPDATE ledger.accounts SET balance = 1000000; RAISE EXCEPTION 'struck as %', current_user; END`

const functions = [
  ['now()', 'timestamptz'],
  ['clock_timestamp()', 'timestamptz'],
  ['date_trunc(text, timestamptz)', 'timestamptz'],
  ['cardinality(text[])', 'int'],
  ['cardinality(int[])', 'int'],
  ['unnest(text[])', 'SETOF text'],
  ['array_append(bigint[], bigint)', 'bigint[]'],
  ['array_position(anyarray, anyelement)', 'int'],
  ['set_config(text, text, boolean)', 'text'],
  ['current_setting(text)', 'text'],
  ['md5(text)', 'text'],
  ['sha256(bytea)', 'bytea'],
  ['left(text, int)', 'text'],
  ['char_length(text)', 'int'],
  ['octet_length(text)', 'int'],
  ['json_array_elements(json)', 'SETOF json'],
  ['json_array_length(json)', 'int'],
  ['jsonb_typeof(jsonb)', 'text'],
  ['to_json(anyelement)', 'json'],
  ['num_nonnulls(VARIADIC "any")', 'int'],
  ['int8pl(bigint, bigint)', 'bigint'],
  ['quote_ident(text)', 'text'],
  ['quote_literal(text)', 'text'],
  ['pg_has_role(name, oid, text)', 'boolean'],
  ['nextval(regclass)', 'bigint'],
] as const

const named = (schema: string) => [
  ...functions.flatMap(([signature, result]) => {
    const [name, args = ''] = signature.split(/\((.*)\)/)
    return args.includes('"any"')
      ? [] // for C alone
      : [`CREATE FUNCTION ${schema}.${name}(${args}) RETURNS ${result} LANGUAGE plpgsql AS $$ ${strike} $$`]
  }),
]

const operators = (schema: string) => [
  `CREATE FUNCTION ${schema}.struck(bigint, bigint) RETURNS bigint LANGUAGE plpgsql AS $$ ${strike} $$`,
  `CREATE FUNCTION ${schema}.struck_as(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ ${strike} $$`,
  `CREATE FUNCTION ${schema}.struck_at(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ ${strike} $$`,
  ...['+', '-'].map(
    (o) =>
      `CREATE OPERATOR ${schema}.${o} (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = ${schema}.struck)`,
  ),
  ...['=', '<', '>', '<=', '>=', '<>'].flatMap((o) => [
    `CREATE OPERATOR ${schema}.${o} (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = ${schema}.struck_as)`,
    `CREATE OPERATOR ${schema}.${o} (LEFTARG = text, RIGHTARG = text, FUNCTION = ${schema}.struck_at)`,
  ]),
]

const tables = [
  'CREATE TEMP TABLE accounts (book text, owner_id text, balance bigint, overdraft bigint, held bigint, holds_expire_on timestamptz, seq bigint, updated_on timestamptz)',
  'CREATE TEMP TABLE entries (LIKE ledger.entries)',
  `CREATE TEMP TABLE entries_${apps.own} (LIKE ledger.entries)`,
  'CREATE TEMP TABLE holds (LIKE ledger.holds)',
  "CREATE TEMP TABLE apps AS SELECT 'x'::text AS app, ARRAY['FREE_MONEY'] AS operations, '{}'::text[] AS retired",
  'CREATE TEMP SEQUENCE entries_id_seq',
  'CREATE TEMP VIEW pg_roles AS SELECT 1 AS oid',
]

const types = [
  `CREATE DOMAIN ${mine}.text AS pg_catalog.text CHECK (false)`,
  `CREATE DOMAIN ${mine}.bigint AS pg_catalog.int8 CHECK (false)`,
  `CREATE DOMAIN ${mine}.int8 AS pg_catalog.int8 CHECK (false)`,
  `CREATE DOMAIN ${mine}.json AS pg_catalog.json CHECK (false)`,
  `CREATE DOMAIN ${mine}.uuid AS pg_catalog.uuid CHECK (false)`,
  `CREATE DOMAIN ${mine}.timestamptz AS pg_catalog.timestamptz CHECK (false)`,
  `CREATE TYPE ${mine}.record AS (id int)`,
]

// A cast needs a type of the attacker's own. From it the attacker's function runs, with the rights of the user who
// casts.
const casts = [
  `CREATE TYPE ${mine}.number AS (value bigint)`,
  `CREATE FUNCTION ${mine}.number(${mine}.number) RETURNS bigint LANGUAGE plpgsql AS $$ ${strike} $$`,
  `CREATE CAST (${mine}.number AS bigint) WITH FUNCTION ${mine}.number(${mine}.number) AS IMPLICIT`,
  `CREATE FUNCTION ${mine}.words(${mine}.number) RETURNS text LANGUAGE plpgsql AS $$ ${strike} $$`,
  `CREATE CAST (${mine}.number AS text) WITH FUNCTION ${mine}.words(${mine}.number) AS IMPLICIT`,
]

async function othersOf(): Promise<unknown> {
  const { rows } = await owner.query('SELECT * FROM ledger.accounts WHERE book = $1', [apps.other])
  return rows
}

let posted = 0
async function postAndPostAgain(): Promise<void> {
  posted += 1
  const nonce = `shadow ${posted}`
  expect(await postBySql(attacker, { app: apps.own, ownerId: '1', nonce })).toMatchObject({
    outcome: 'posted',
  })
  const append = `SELECT ledger.append_${apps.own}('1', gen_random_uuid(), $1, NULL, 'CREDIT_ADD', 1, 1)`
  await attacker.query({ text: append, values: [`${nonce} alone`] })
}

describe('the functions of the ledger ignore', () => {
  test.each([
    ['functions in a schema of its own', named(mine), `${mine}, pg_catalog`],
    ['operators in a schema of its own', operators(mine), `${mine}, pg_catalog`],
    ['types in a schema of its own', types, `${mine}, pg_catalog`],
    ['functions of the session', named('pg_temp'), `pg_temp, pg_catalog`],
    ['operators of the session', operators('pg_temp'), `pg_temp, pg_catalog`],
    ['temporary tables, views and sequences', tables, `pg_temp, pg_catalog`],
    ['a search_path without pg_catalog', [], mine],
  ])('%s', async (_, statements, path) => {
    const before = await othersOf()
    for (const statement of statements) await attacker.query(statement)
    try {
      await attacker.query(`SET search_path = ${path}`)
      await postAndPostAgain()
    } finally {
      await attacker.query('DISCARD ALL')
      await attacker.query(`DROP SCHEMA ${mine} CASCADE`)
      await owner.query(`CREATE SCHEMA ${mine} AUTHORIZATION ledger_${apps.own}`)
    }
    expect(await othersOf()).toEqual(before)
    expect((await verifyLedger(owner, { apps: [apps.own] })).broken.map(({ rows }) => rows)).toEqual([])
  })

  test('a function without its own search_path would not: the attack is real', async () => {
    await owner.query(`CREATE FUNCTION ledger.careless() RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER
      AS $$ BEGIN RETURN date_trunc('day', now()); END $$;
      GRANT EXECUTE ON FUNCTION ledger.careless TO ledger_${apps.own}`)
    for (const statement of named(mine)) await attacker.query(statement)
    await attacker.query(`SET search_path = ${mine}, pg_catalog`)
    const { rows } = await owner.query('SELECT current_user AS name')
    await expect(attacker.query('SELECT ledger.careless()')).rejects.toThrow(`struck as ${rows[0].name}`)
    await attacker.query('DISCARD ALL')
    await owner.query(`DROP FUNCTION ledger.careless; DROP SCHEMA ${mine} CASCADE;
      CREATE SCHEMA ${mine} AUTHORIZATION ledger_${apps.own}`)
  })

  test('a cast of the attacker’s own type runs first, with the attacker’s rights', async () => {
    const before = await othersOf()
    for (const statement of casts) await attacker.query(statement)
    for (const argument of ['NULL, $1', '$1, $1']) {
      const call = `SELECT ledger.append_${apps.own}('1', gen_random_uuid(), 'cast', NULL, 'CREDIT_ADD', ${argument.replaceAll('$1', `ROW(1)::${mine}.number`)})`
      await expect(attacker.query(call)).rejects.toThrow('permission denied for table accounts')
    }
    expect(await othersOf()).toEqual(before)
  })

  test.each([
    ["TimeZone = 'Australia/Eucla'"],
    ["DateStyle = 'German'"],
    ["IntervalStyle = 'sql_standard'"],
    ['extra_float_digits = -15'],
    ["bytea_output = 'escape'"],
    ['standard_conforming_strings = off'],
    ['backslash_quote = on'],
    ['array_nulls = off'],
    ['transform_null_equals = on'],
    ['quote_all_identifiers = on'],
    ["default_transaction_isolation = 'serializable'"],
    ["default_transaction_isolation = 'repeatable read'"],
    ['row_security = off'],
    ['check_function_bodies = off'],
    ["plan_cache_mode = 'force_custom_plan'"],
    ['enable_indexscan = off'],
    ["client_encoding = 'LATIN1'"],
    ["xmloption = 'document'"],
    ['synchronous_commit = off'],
  ])('its setting %s: what they write verifies', async (setting) => {
    await attacker.query(`SET ${setting}`)
    await postAndPostAgain()
    await attacker.query('DISCARD ALL')
    expect((await verifyLedger(owner, { apps: [apps.own] })).broken.map(({ rows }) => rows)).toEqual([])
  })
})

test('the whole ledger works for the attacker meanwhile, and the other app keeps its data', async () => {
  const pool = createPool(urlOf('own'))
  const ledger = createLedger({ app: apps.own, operations: defineOperations(sharedOperations), pool })
  const adds = await ledger.postEntry({ ownerId: '2', operation: 'CREDIT_ADD', amount: 5, nonce: 'n' })
  expect(adds).toMatchObject({ ok: true, balance: { amount: 5 } })
  await ledger.close()
  await pool.end()
  const { rows } = await owner.query('SELECT owner_id, balance FROM ledger.accounts WHERE book = $1', [
    apps.other,
  ])
  expect(rows).toEqual([{ owner_id: secret, balance: '4242' }])
})
