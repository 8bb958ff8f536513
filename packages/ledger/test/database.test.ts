import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { openLedger, postBySql } from './open-ledger.ts'

const { sql, ledger } = await openLedger()

describe('ledger.post_content refuses what the server would refuse', () => {
  test.each([
    ['an empty owner', { ownerId: '' }, 'accounts_owner_id'],
    ['a long owner', { ownerId: 'x'.repeat(256) }, 'accounts_owner_id'],
    ['an empty nonce', { nonce: '' }, 'nonce_length'],
    ['a long nonce', { nonce: 'x'.repeat(256) }, 'nonce_length'],
    ['NUL in an owner', { ownerId: 'a\0' }, 'invalid byte sequence'],
    ['NUL in a nonce', { nonce: 'a\0' }, 'unsupported Unicode escape sequence'],
    ['an unknown operation', { operation: 'PROJECT_PAYMENT' }, 'entries_content_operations'],
    ['an app without operations', { app: 'nobody' }, 'post_nobody'],
    ['metadata that is no object', { metadata: [] }, 'metadata_shape'],
    ['metadata of numbers', { metadata: { a: 1 } }, 'metadata_shape'],
    ['metadata of objects', { metadata: { a: {} } }, 'metadata_shape'],
    ['large metadata', { metadata: { a: 'x'.repeat(4096) } }, 'metadata_shape'],
    ['NULL as nonce', { nonce: null }, 'null value'],
  ])('%s', async (_what, posting, message) => {
    await expect(postBySql(sql, posting)).rejects.toThrow(message)
    expect((await sql.query('SELECT FROM ledger.accounts')).rows).toEqual([])
    expect((await sql.query('SELECT FROM ledger.entries')).rows).toEqual([])
  })

  test.each([
    ['up', 'CREDIT_ADD', '9007199254740992', 'balance_out_of_range'],
    ['down', 'CREDIT_SPEND', '-9007199254740992', 'insufficient_balance'],
  ])('an amount beyond 2^53 - 1 %s', async (ownerId, operation, amount, outcome) => {
    expect(await postBySql(sql, { ownerId, operation, amount })).toMatchObject({ outcome })
    expect((await sql.query('SELECT FROM ledger.accounts')).rows).toEqual([])
  })
})

describe('the tables', () => {
  test.each([
    [
      'a balance below 0',
      "UPDATE ledger.accounts SET balance = -1 WHERE owner_id = 'ada'",
      'accounts_available',
    ],
    [
      'a balance beyond 2^53 - 1',
      "UPDATE ledger.accounts SET balance = 9007199254740992 WHERE owner_id = 'ada'",
      'credits_range',
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
      "INSERT INTO ledger.entries SELECT app, book, owner_id, seq + 1, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on, reverses, refunds, hold_id, hash FROM ledger.entries WHERE owner_id = 'ada'",
      'nonce_place',
    ],
    [
      'a seq twice',
      "INSERT INTO ledger.entries SELECT app, book, owner_id, seq, id, operation, amount, balance_after, nonce || '2', place, transaction_id, metadata, created_on, reverses, refunds, hold_id, hash FROM ledger.entries WHERE owner_id = 'ada'",
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

describe('the columns', () => {
  const set = (table: string, values: string) => `UPDATE ledger.${table} SET ${values} WHERE owner_id = 'eve'`
  const entry = (change: object) => {
    const values = {
      app: 'content',
      book: 'content',
      owner_id: 'eve',
      seq: 2,
      operation: 'CREDIT_ADD',
      amount: 1,
      balance_after: 1,
      nonce: 'direct',
      place: 1,
      transaction_id: crypto.randomUUID(),
      metadata: {},
      created_on: '2026-11-22T10:00:00Z',
      hash: `\\x${'00'.repeat(32)}`,
      ...change,
    }
    return `INSERT INTO ledger.entries SELECT (jsonb_populate_record(NULL::ledger.entries, ${pg.escapeLiteral(
      JSON.stringify({ id: 999, ...values }),
    )})).*`
  }
  const hold = (change: object) => {
    const values = {
      app: 'content',
      book: 'content',
      owner_id: 'eve',
      id: 999,
      operation: 'CREDIT_SPEND',
      amount: 1,
      captured: 0,
      nonce: 'direct',
      metadata: {},
      created_on: '2026-11-22T10:00:00Z',
      expires_on: '2026-11-22T10:00:01Z',
      ...change,
    }
    return `INSERT INTO ledger.holds SELECT (jsonb_populate_record(NULL::ledger.holds, ${pg.escapeLiteral(
      JSON.stringify(values),
    )})).*`
  }
  const beyond = '9007199254740992'
  const again = { owner_id: 'mallory', seq: 3, nonce: 'y' }

  beforeAll(async () => {
    await ledger.postEntry({ ownerId: 'eve', operation: 'CREDIT_ADD', amount: 10, nonce: 'n' })
    const posting = { ownerId: 'eve', operation: 'CREDIT_SPEND', amount: 4 } as const
    const held = await ledger.holdCredits({ ...posting, nonce: 'h', expiresIn: 600 })
    if (!held.ok) throw held.error
    // Rows that others collide with. The books of this owner are not checked.
    await sql.query(entry({ owner_id: 'mallory', seq: 1, id: 1000, reverses: 77 }))
    await sql.query(entry({ owner_id: 'mallory', seq: 2, id: 1001, nonce: 'x', hold_id: 88 }))
  })

  test.each([
    ['an overdraft below 0', set('accounts', 'overdraft = -1'), 'credits_from_0_range'],
    [
      'an overdraft beyond the range',
      set('accounts', 'overdraft = 9007199254740991 - balance + 1'),
      'accounts_overdraft',
    ],
    [
      'a balance beyond 2^53 - 1 down',
      set('accounts', `balance = -${beyond}, overdraft = ${beyond} + held`),
      'credits_range',
    ],
    ['held below 0', set('accounts', 'held = -1'), 'credits_from_0_range'],
    ['held without a moment', set('accounts', 'holds_expire_on = NULL'), 'accounts_held'],
    ['a moment without held', set('accounts', 'held = 0'), 'accounts_held'],
    ['more held than there is', set('accounts', 'held = 11'), 'accounts_available'],
    ['less than what is held', set('accounts', 'balance = 3'), 'accounts_available'],
    ['a seq below 0', set('accounts', 'seq = -1'), 'seq_from_0_range'],
    ['an entry of seq 0', entry({ seq: 0 }), 'seq_from_1_range'],
    ['an entry beyond 2^53 - 1', entry({ amount: beyond }), 'credits_range'],
    ['a balance after it beyond 2^53 - 1', entry({ balance_after: `-${beyond}` }), 'credits_range'],
    ['place 0', entry({ place: 0 }), 'place_range'],
    ['place 101', entry({ place: 101 }), 'place_range'],
    ['a reversal that is a refund', entry({ reverses: 1, refunds: 1 }), 'entries_kind'],
    ['a capture that is a reversal', entry({ reverses: 1, hold_id: 1 }), 'entries_kind'],
    ['an operation that is not declared', entry({ operation: 'NONE' }), 'entries_content_operations'],
    ['an app that is not declared', entry({ app: 'nobody' }), 'no partition'],
    ['an entry reversed twice', entry({ ...again, reverses: 77 }), 'reverses'],
    ['a nonce and place twice', entry({ nonce: 'n' }), 'nonce_place'],
    ['a seq twice', entry({ seq: 1 }), 'pkey'],
    ['a hold of nobody', hold({ owner_id: '' }), 'holds_owner_id'],
    ['a hold of 0 credits', hold({ amount: 0 }), 'credits_from_1_range'],
    ['a hold beyond 2^53 - 1', hold({ amount: beyond }), 'credits_from_1_range'],
    ['a hold without a nonce', hold({ nonce: '' }), 'nonce_length'],
    ['a hold with a long nonce', hold({ nonce: 'x'.repeat(256) }), 'nonce_length'],
    [
      'a hold that has expired when it is made',
      hold({ expires_on: '2026-11-22T10:00:00Z' }),
      'holds_expires_on',
    ],
    ['a captured hold that still holds', hold({ captured_by: 1 }), 'holds_captured_by'],
    ['a hold with bad metadata', hold({ metadata: { a: 1 } }), 'metadata_shape'],
    ['a hold that captures took more of than there is', hold({ captured: 2 }), 'holds_captured'],
    ['a hold that goes on without credits', hold({ captured: 1 }), 'holds_captured'],
    ["a hold's nonce twice", hold({ nonce: 'h' }), 'holds_nonce_key'],
    [
      "a hold's id twice",
      "INSERT INTO ledger.holds SELECT app, book, owner_id, id, operation, amount, nonce || '2', metadata, created_on, expires_on FROM ledger.holds",
      'holds_pkey',
    ],
  ])('refuse %s', async (_what, statement, message) => {
    await expect(sql.query(statement)).rejects.toThrow(message)
    expect(await ledger.balance('eve')).toMatchObject({ amount: 10, held: 4, available: 6 })
  })

  test.each([
    [
      'the largest entry',
      entry({ owner_id: 'fits', amount: '9007199254740991', balance_after: '-9007199254740991', place: 100 }),
    ],
    [
      'the largest hold',
      hold({ owner_id: 'f'.repeat(255), amount: '9007199254740991', nonce: 'x'.repeat(255) }),
    ],
  ])('take %s', async (_what, statement) => {
    await expect(sql.query(statement)).resolves.toMatchObject({ rowCount: 1 })
  })
})

test('look-ups by owner and nonce, by id and by page use an index', async () => {
  await sql.query('SET enable_seqscan = off')
  for (const condition of [
    "owner_id = 'ada' AND nonce = 'n'",
    'id = 1',
    "owner_id = 'ada' AND seq < 9 ORDER BY seq DESC LIMIT 20",
  ]) {
    const { rows } = await sql.query(
      `EXPLAIN SELECT * FROM ledger.entries WHERE app = 'content' AND book = 'content' AND ${condition}`,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Scan/)
    expect(plan).not.toMatch(/Sort|entries_freelance/)
  }
})
