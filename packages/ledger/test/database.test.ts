import { describe, expect, test } from 'vitest'
import { openLedger } from './open-ledger.ts'

const { sql, ledger } = await openLedger()

/** Posts by SQL, past every check of the server. */
const post = (values: unknown[]) =>
  sql.query('SELECT ledger.post_entry($1, $2, $3, $4, $5, $6, $7, gen_random_uuid()) AS result', values)

describe('ledger.post_entry refuses what the server would', () => {
  test.each([
    ['an empty owner', ['content', '', 'CREDIT_ADD', 1, null, 'n', '{}'], 'accounts_owner_id'],
    ['a long owner', ['content', 'x'.repeat(256), 'CREDIT_ADD', 1, null, 'n', '{}'], 'accounts_owner_id'],
    ['an empty nonce', ['content', 'a', 'CREDIT_ADD', 1, null, '', '{}'], 'entries_nonce'],
    ['a long nonce', ['content', 'a', 'CREDIT_ADD', 1, null, 'x'.repeat(256), '{}'], 'entries_nonce'],
    ['NUL', ['content', 'a\0', 'CREDIT_ADD', 1, null, 'n', '{}'], 'invalid byte sequence'],
    [
      'an unknown operation',
      ['content', 'a', 'PROJECT_PAYMENT', 1, null, 'n', '{}'],
      'entries_content_operations',
    ],
    ['an app without operations', ['nobody', 'a', 'CREDIT_ADD', 1, null, 'n', '{}'], 'no partition'],
    [
      'an amount beyond 2^53 - 1 down',
      ['content', 'rich', 'CREDIT_SPEND', '-9007199254740992', null, 'n', '{}'],
      undefined,
    ],
    ['metadata that is no object', ['content', 'a', 'CREDIT_ADD', 1, null, 'n', '[]'], 'entries_metadata'],
    ['metadata of numbers', ['content', 'a', 'CREDIT_ADD', 1, null, 'n', '{"a": 1}'], 'entries_metadata'],
    ['metadata of objects', ['content', 'a', 'CREDIT_ADD', 1, null, 'n', '{"a": {}}'], 'entries_metadata'],
    [
      'large metadata',
      ['content', 'a', 'CREDIT_ADD', 1, null, 'n', JSON.stringify({ a: 'x'.repeat(4096) })],
      'entries_metadata',
    ],
    ['NULL as nonce', ['content', 'a', 'CREDIT_ADD', 1, null, null, '{}'], 'null value'],
  ])('%s', async (_what, values, message) => {
    const posting = post(values)
    if (message) await expect(posting).rejects.toThrow(message)
    else expect((await posting).rows[0].result.outcome).toBe('insufficient_balance')
    expect((await sql.query('SELECT FROM ledger.accounts')).rows).toEqual([])
    expect((await sql.query('SELECT FROM ledger.entries')).rows).toEqual([])
  })

  test('an amount beyond 2^53 - 1', async () => {
    const { rows } = await post(['content', 'up', 'CREDIT_ADD', '9007199254740992', null, 'n', '{}'])
    expect(rows[0].result.outcome).toBe('balance_out_of_range')
    expect((await sql.query("SELECT FROM ledger.accounts WHERE owner_id = 'up'")).rows).toEqual([])
  })
})

describe('the tables', () => {
  test.each([
    [
      'a balance below 0',
      "UPDATE ledger.accounts SET balance = -1 WHERE owner_id = 'ada'",
      'accounts_balance',
    ],
    [
      'a balance beyond 2^53 - 1',
      "UPDATE ledger.accounts SET balance = 9007199254740992 WHERE owner_id = 'ada'",
      'accounts_balance',
    ],
    [
      'a changed entry',
      "UPDATE ledger.entries SET amount = 100 WHERE owner_id = 'ada'",
      'never changed or deleted',
    ],
    ['a deleted entry', "DELETE FROM ledger.entries WHERE owner_id = 'ada'", 'never changed or deleted'],
    [
      "a changed entry of the app's partition",
      "UPDATE ledger.entries_content SET amount = 100 WHERE owner_id = 'ada'",
      'never changed or deleted',
    ],
    ['all entries thrown away', 'TRUNCATE ledger.entries', 'never changed or deleted'],
    ["the app's partition thrown away", 'TRUNCATE ledger.entries_content', 'never changed or deleted'],
    [
      'a nonce twice',
      "INSERT INTO ledger.entries SELECT app, owner_id, seq + 1, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on FROM ledger.entries WHERE owner_id = 'ada'",
      'nonce_place',
    ],
    [
      'a seq twice',
      "INSERT INTO ledger.entries SELECT app, owner_id, seq, id, operation, amount, balance_after, nonce || '2', place, transaction_id, metadata, created_on FROM ledger.entries WHERE owner_id = 'ada'",
      'pkey',
    ],
    [
      'an app name that is none',
      "INSERT INTO ledger.apps (app, operations) VALUES ('Bad Name', '{}')",
      'apps_name',
    ],
  ])('refuse %s', async (_what, statement, message) => {
    await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'n' })
    await expect(sql.query(statement)).rejects.toThrow(message)
    expect(await ledger.balance('ada')).toMatchObject({ amount: 10 })
  })
})

test('lookups by owner and nonce, by id and by page use an index', async () => {
  await sql.query('SET enable_seqscan = off')
  for (const condition of [
    "owner_id = 'ada' AND nonce = 'n'",
    'id = 1',
    "owner_id = 'ada' AND seq < 9 ORDER BY seq DESC LIMIT 20",
  ]) {
    const { rows } = await sql.query(
      `EXPLAIN SELECT * FROM ledger.entries WHERE app = 'content' AND ${condition}`,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Scan/)
    expect(plan).not.toMatch(/Sort|entries_freelance/)
  }
})
