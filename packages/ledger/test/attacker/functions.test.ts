import { afterAll, describe, expect, test } from 'vitest'
import { postAllBySql } from '../open-ledger.ts'
import { credits, forbidden, keyId, secret, takeOverApp } from './stage.ts'

const { attempt, expectRefused, everything, owner, apps, named } = await takeOverApp()
// A capture of the other app, which leaves its balance as it was.
const post = (nonce: string, line: object) =>
  postAllBySql(owner, {
    app: apps.other,
    ownerIds: [secret],
    requests: [{ id: crypto.randomUUID(), nonce: `${secret} nonce ${nonce}`, metadata: {}, lines: [line] }],
  })
const spend = { account: 1, operation: 'CREDIT_SPEND', amount: -1 }
await post('added', { account: 1, operation: 'CREDIT_ADD', amount: 1 })
await post('held', { ...spend, hold_ms: 60_000 })
const { rows: held } = await owner.query(`SELECT id FROM ledger.holds WHERE nonce = $1`, [
  `${secret} nonce held`,
])
await post('captured', { ...spend, captures: held[0].id })
const before = await everything()
afterAll(async () => {
  expect(await everything()).toEqual(before)
})

// Every function of schema ledger comes from the catalogue. A new function is refused to the role, or is in this list
// with a call that asks it for the other app's data. `{secret}` is the other app's owner.
const allowed: Readonly<Record<string, string>> = {
  version: 'SELECT * FROM ledger.version()',
  may_use: "SELECT ledger.may_use('{other}') IS TRUE AS secret WHERE ledger.may_use('{other}')",
  may_use_book:
    "SELECT ledger.may_use_book('{other}') IS TRUE AS secret WHERE ledger.may_use_book('{other}')",
  apps_of: "SELECT ledger.apps_of('{other}')",
  is_cluster: 'SELECT ledger.is_cluster()',
  is_distributed: 'SELECT ledger.is_distributed()',
  now: 'SELECT ledger.now()',
  epoch_ms: 'SELECT ledger.epoch_ms(now())',
  entry_json:
    'SELECT ledger.entry_json(id, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, metadata, created_on, reverses, refunds, hold_id) FROM ledger.entries',
  hold_json:
    'SELECT ledger.hold_json(id, owner_id, operation, amount, captured, nonce, metadata, created_on, expires_on, released_on, captured_by, now(), book) FROM ledger.holds',
  balance_json:
    "SELECT ledger.balance_json(owner_id, balance, overdraft, held, state) FROM ledger.accounts WHERE book = '{other}'",
  live_holds: "SELECT * FROM ledger.live_holds('{other}', '{secret}', now()) WHERE held > 0",
  held_at: "SELECT ledger.held_at('{other}', '{secret}', 3131, now() - interval '1 hour', now()) AS held",
  last_seq: "SELECT ledger.last_seq(ARRAY['{other}'], '{other}', '{secret}', now())",
  seq_at: "SELECT ledger.seq_at('{other}', '{secret}', now())",
  balances: "SELECT ledger.balances('{other}', ARRAY['{secret}'])",
  amounts_at: "SELECT ledger.amounts_at('{other}', ARRAY['{secret}'], ARRAY[now()])",
  account_entries: "SELECT ledger.account_entries('{other}', '{other}', '{secret}', 0, 100, true, 100)",
  entries_by_id: "SELECT ledger.entries_by_id('{other}', ARRAY(SELECT generate_series(1, 100)))",
  entries_by_transaction: "SELECT ledger.entries_by_transaction('{other}', '{{transaction}}')",
  entries_by_nonce: "SELECT ledger.entries_by_nonce('{other}', ARRAY['{secret}'], ARRAY['{secret} nonce'])",
  holds_by_id: "SELECT ledger.holds_by_id('{other}', ARRAY(SELECT generate_series(1, 100)))",
  captures_of:
    "SELECT ledger.captures_of('{other}', array_fill('{secret}'::text, '{{100}}'), ARRAY(SELECT generate_series(1, 100)))",
  live_holds_of: "SELECT ledger.live_holds_of('{other}', ARRAY['{secret}'])",
  accounts_page: "SELECT ledger.accounts_page('{other}', '', '', NULL, false, 100)",
  sorted_accounts:
    "SELECT ledger.sorted_accounts('{other}', '', 'balance', NULL, NULL, NULL, NULL, false, 100)",
  totals: "SELECT ledger.totals('{other}')",
  expiring_within: "SELECT ledger.expiring_within('{other}', 366)",
  outstanding: "SELECT ledger.outstanding('{other}', '2000-01-01', '2100-01-01', 'month')",
  open_postings: "SELECT ledger.open_postings('{other}')",
  app_entries:
    "SELECT ledger.app_entries('{other}', NULL, 0, 1000000, NULL, NULL, NULL, NULL, false, 100, 100)",
  expiring: "SELECT ledger.expiring('{other}', ARRAY['{secret}'])",
  live_lots: "SELECT ledger.live_lots('{other}', ARRAY['{secret}'])",
  lots_by_id: "SELECT ledger.lots_by_id('{other}', ARRAY(SELECT generate_series(1, 100)))",
  lots_page: "SELECT ledger.lots_page('{other}', '{secret}', false, '{{0,0}}', '{{100,100}}', false, 100)",
  uses_of_entries:
    "SELECT ledger.uses_of_entries('{other}', array_fill('{secret}'::text, ARRAY[100]), ARRAY(SELECT generate_series(1, 100)))",
  lot_summary: "SELECT ledger.lot_summary('{other}', NULL, '2000-01-01', '2100-01-01', 'month')",
  lot_uses_page:
    "SELECT json_agg(ledger.lot_uses_page('{other}', '{secret}', lot, '{{0,0}}', '{{100,100}}', false, 100)) FROM generate_series(1, 100) lot",
  shard_nodes: 'SELECT * FROM ledger.shard_nodes()',
  summary: "SELECT ledger.summary('{other}', NULL, '2000-01-01', '2100-01-01', 'month', NULL)",
  // These post with the owner's rights, into the app that is fixed in their text.
  [`post_${apps.own}`]: "SELECT ledger.post_{own}('{secret}', ARRAY['{secret}'], '{{1}}', '{}', false)",
  [`append_${apps.own}`]:
    "BEGIN; SELECT ledger.append_{own}('{secret}', gen_random_uuid(), 'n', NULL, 'CREDIT_SPEND', -77, -77)",
  [`try_${apps.own}`]: "SELECT ledger.try_{own}('{secret}', ARRAY['{secret}'], '{{1}}', '{}')",
}

// These run with the owner's rights, and check the app by themselves.
const checked: Readonly<Record<string, string>> = {
  find_keys: `SELECT ledger.find_keys('{app}', ARRAY['${keyId}'])`,
  touch_keys: `BEGIN; SELECT ledger.touch_keys('{app}', ARRAY['${keyId}'])`,
  has_keys: "SELECT ledger.has_keys('{app}')",
}

const { rows: functions } = await owner.query<{
  name: string
  call: string
  open: boolean
  granted: boolean
}>(`
  SELECT p.proname AS name, has_function_privilege('public', p.oid, 'EXECUTE') AS open,
         has_function_privilege('ledger_${apps.own}', p.oid, 'EXECUTE') AS granted,
         format('SELECT ledger.%I(%s)', p.proname, (
           SELECT string_agg('NULL::' || t, ', ') FROM unnest(string_to_array(oidvectortypes(p.proargtypes), ', ')) t WHERE t <> ''
         )) AS call
    FROM pg_proc p WHERE p.pronamespace = 'ledger'::regnamespace ORDER BY 1, 3`)
const { rows: transactions } = await owner.query(
  'SELECT transaction_id AS id FROM ledger.entries WHERE app = $1',
  [apps.other],
)

const { rows: advisory } = await owner.query<{ name: string; call: string }>(`
  SELECT p.oid::regprocedure::text AS name,
         format('SELECT %I(%s)', p.proname, replace(oidvectortypes(p.proargtypes), 'bigint', '1::bigint')) AS call
    FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^pg_(try_)?advisory_' ORDER BY 1`)

describe('a function of schema ledger', () => {
  test('is open to nobody by default', () => {
    expect(functions.filter(({ open }) => open)).toEqual([])
  })

  test('is open to an app’s role if it is in one of these lists, and to nobody else', () => {
    const granted = functions.filter((each) => each.granted).map(({ name }) => name)
    expect(granted).toEqual([...Object.keys(allowed), ...Object.keys(checked)].toSorted())
  })

  test.each(Object.entries(checked))('%s refuses another app', async (_, call) => {
    await expectRefused(call.replaceAll('{app}', '{other}'))
    await expectRefused(call.replaceAll("'{app}'", 'NULL'))
    const own = await attempt(call.replaceAll('{app}', '{own}'))
    expect(own).toMatchObject({ refused: undefined, rowCount: 1 })
    expect(JSON.stringify(own)).not.toContain(secret)
  })

  test.each(functions.filter(({ granted }) => !granted))('$name is refused', ({ call }) =>
    expectRefused(call),
  )

  test.each(Object.entries(allowed))('%s tells nothing of the other app', async (_, call) => {
    const statement = call
      .replaceAll('{secret}', secret)
      .replaceAll('{{transaction}}', `{${transactions[0].id}}`)
      .replaceAll('{{1}}', '{1}')
      .replaceAll('{{100}}', '{100}')
      .replaceAll('{{0,0}}', '{0,0}')
      .replaceAll('{{100,100}}', '{100,100}')
    const { refused, message, rows } = await attempt(statement)
    expect(refused).not.toBe(forbidden)
    const told = JSON.stringify([message, rows])
    expect(told).not.toMatch(new RegExp(`\\b(?:${credits.other.balance}|${credits.other.held})\\b`))
    expect(told).not.toContain(`${secret} nonce`)
    // The call asks for something that exists: the owner gets rows.
    if (call.includes("'{other}'")) expect((await owner.query(named(statement))).rows).not.toEqual(rows)
  })
})

test('ledger.append posts only into its own app, whatever owner it names', async () => {
  const call = named(
    `SELECT ledger.append_{own}('${secret}', gen_random_uuid(), 'n', NULL, 'CREDIT_SPEND', -77, -77) AS answer`,
  )
  const { rows } = await attempt(`BEGIN; ${call}`)
  expect(JSON.stringify(rows)).toContain('insufficient') // its own book’s account of that name has nothing
})

// Functions of PostgreSQL itself with effects beyond the session.
describe('a function of PostgreSQL is refused', () => {
  test.each([
    ['pg_read_file', "SELECT pg_read_file('/etc/passwd')"],
    ['pg_read_binary_file', "SELECT pg_read_binary_file('/etc/passwd')"],
    ['pg_ls_dir', "SELECT pg_ls_dir('.')"],
    ['pg_ls_logdir', 'SELECT pg_ls_logdir()'],
    ['pg_ls_waldir', 'SELECT pg_ls_waldir()'],
    ['pg_ls_tmpdir', 'SELECT pg_ls_tmpdir()'],
    ['pg_stat_file', "SELECT pg_stat_file('PG_VERSION')"],
    ['pg_current_logfile', 'SELECT pg_current_logfile()'],
    ['pg_reload_conf', 'SELECT pg_reload_conf()'],
    ['pg_rotate_logfile', 'SELECT pg_rotate_logfile()'],
    ['pg_switch_wal', 'SELECT pg_switch_wal()'],
    ['pg_create_restore_point', "SELECT pg_create_restore_point('x')"],
    ['pg_backup_start', "SELECT pg_backup_start('x')"],
    ['pg_promote', 'SELECT pg_promote()'],
    ['pg_wal_replay_pause', 'SELECT pg_wal_replay_pause()'],
    ['pg_create_physical_replication_slot', "SELECT pg_create_physical_replication_slot('x')"],
    ['pg_create_logical_replication_slot', "SELECT pg_create_logical_replication_slot('x', 'pgoutput')"],
    ['pg_replication_origin_create', "SELECT pg_replication_origin_create('x')"],
    ['pg_logical_emit_message', "SELECT pg_logical_emit_message(false, 'x', 'y')"],
    ['pg_stat_reset', 'SELECT pg_stat_reset()'],
    [
      'pg_stat_reset_single_table_counters',
      "SELECT pg_stat_reset_single_table_counters('ledger.accounts'::regclass)",
    ],
    ['pg_log_backend_memory_contexts', 'SELECT pg_log_backend_memory_contexts(pg_backend_pid())'],
    ['pg_import_system_collations', "SELECT pg_import_system_collations('pg_catalog')"],
    ['lo_import', "SELECT lo_import('/etc/passwd')"],
    ['lo_export', "SELECT lo_export(1, '/tmp/x')"],
    ['lo_unlink', 'SELECT lo_unlink(1)'],
    ['lo_put', "SELECT lo_put(1, 0, 'x')"],
    ['nextval of entries', "SELECT nextval('ledger.entries_id_seq')"],
    ['setval of entries', "SELECT setval('ledger.entries_id_seq', 1)"],
    ['currval of entries', "SELECT currval('ledger.entries_id_seq')"],
    ['nextval of holds', "SELECT nextval('ledger.holds_id_seq')"],
    ['setval of its own sequence', "SELECT setval('{own}.things_id_seq', 1)"],
    ['nextval of the other’s sequence', "SELECT nextval('{other}.things_id_seq')"],
    ['the last value of entries', 'SELECT last_value FROM ledger.entries_id_seq'],
    ['dblink, which is not there', "SELECT dblink('dbname=postgres', 'SELECT 1')", '42883'],
  ] as [string, string, string?][])('%s', (_, statement, code) => expectRefused(statement, code))

  test.each(advisory)('$name, by which migrations wait for each other', ({ call }) =>
    expectRefused(call.replaceAll('integer', '1')),
  )

  test.each(['pg_terminate_backend', 'pg_cancel_backend'])('%s of another session', async (name) => {
    const { rows } = await owner.query('SELECT pg_backend_pid() AS pid')
    await expectRefused(`SELECT ${name}(${rows[0].pid})`)
    expect((await owner.query('SELECT 1 AS alive')).rows).toEqual([{ alive: 1 }])
  })
})

describe('statistics reveal no values', () => {
  test('pg_stats has no column of the ledger', async () => {
    const { rows: seen } = await owner.query("SELECT FROM pg_stats WHERE schemaname = 'ledger'")
    expect(seen.length).toBeGreaterThan(0)
    expect(await attempt("SELECT * FROM pg_stats WHERE schemaname IN ('ledger', '{other}')")).toMatchObject({
      rowCount: 0,
    })
  })

  test('pg_stat_activity hides the statements of others', async () => {
    await owner.query(`SELECT '${secret}'`)
    const { rows } = await attempt('SELECT query FROM pg_stat_activity WHERE usename <> current_user')
    expect(rows.length).toBeGreaterThan(0)
    expect(new Set(rows.map(({ query }) => query))).toEqual(new Set(['<insufficient privilege>']))
  })

  test('the sequences reveal no last value', async () => {
    const { rows } = await attempt("SELECT last_value FROM pg_sequences WHERE schemaname = 'ledger'")
    expect(new Set(rows.map(({ last_value }) => last_value))).toEqual(new Set([null]))
  })

  test.each([
    ['a cast that fails and says on what', 'SELECT * FROM ledger.accounts WHERE owner_id::int > 0'],
    ['a division by zero', 'SELECT * FROM ledger.accounts WHERE 1 / (balance - 4242) < 9'],
    [
      'a cast of the nonce of entries',
      "SELECT * FROM ledger.entries WHERE split_part(nonce, ' ', 1)::int > 0 AND seq = 1",
    ],
    [
      'a join that asks for the other first',
      'SELECT * FROM (SELECT * FROM ledger.holds OFFSET 0) h WHERE h.owner_id::int > 0',
    ],
  ])('row-level security comes before %s', async (_, statement) => {
    expect(await attempt(statement)).toMatchObject({ refused: undefined, rowCount: 1 })
  })
})
