// The hashes of a proof are computed without a database. They equal PostgreSQL's for every entry.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChainedEntry, chainStart, entryForm, nextHash, sha256 } from '../../src/proof/entry-form.ts'
import { openLedger } from '../open-ledger.ts'

const { sql } = await openLedger()

/** Texts that PostgreSQL accepts: well-formed, without NUL. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('', ' ', 'ä', '"', '\\', '\u2028', '\u007f', '\u0001', '𝄞', '{"a": "b"}', '\n\t\b\f\r'),
  )
  .map((value) => value.replaceAll('\0', '').toWellFormed())
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 53n - 1n, -(2n ** 53n) + 1n),
)
const entries: fc.Arbitrary<ChainedEntry> = fc.record({
  app: text,
  book: text,
  ownerId: text,
  seq: int64,
  id: int64,
  operation: text,
  amount: int64,
  balanceAfter: int64,
  nonce: text,
  place: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  transactionId: fc.uuid(),
  metadata: fc.dictionary(text, text, { maxKeys: 8 }),
  // The years 1 to 9999, to the microsecond.
  createdOn: fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
  reverses: fc.option(int64),
  refunds: fc.option(int64),
  holdId: fc.option(int64),
})

async function inPostgres(entry: ChainedEntry): Promise<{ form: Buffer; start: Buffer; hash: Buffer }> {
  const { rows } = await sql.query(
    `SELECT form, ledger.chain_start($2, $3) AS start, ledger.next_hash(ledger.chain_start($2, $3), form) AS hash
       FROM ledger.entry_form($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb,
              timestamptz '1970-01-01Z' + $13::bigint / 1000000 * interval '1 second' + $13::bigint % 1000000 * interval '1 microsecond',
              $14, $15, $16) form`,
    [
      ...[entry.app, entry.book, entry.ownerId, entry.seq, entry.id, entry.operation, entry.amount],
      ...[entry.balanceAfter, entry.nonce, entry.place, entry.transactionId, JSON.stringify(entry.metadata)],
      ...[entry.createdOn, entry.reverses, entry.refunds, entry.holdId],
    ],
  )
  return rows[0]
}

test('an entry has one canonical form, in PostgreSQL and here', async () => {
  await fc.assert(
    fc.asyncProperty(entries, async (entry) => {
      const { form, start, hash } = await inPostgres(entry)
      expect(entryForm(entry).toString('hex')).toBe(form.toString('hex'))
      expect(chainStart(entry.book, entry.ownerId).toString('hex')).toBe(start.toString('hex'))
      expect(nextHash(start, sha256(entryForm(entry))).toString('hex')).toBe(hash.toString('hex'))
    }),
    { numRuns: 500 },
  )
})

test('posted entries have the hashes that are computed here', async () => {
  const { rows } = await sql.query(`
    SELECT ledger.post_content('ada', ARRAY['ada'], ARRAY[1], json_build_object(
      'id', ARRAY[gen_random_uuid()], 'nonce', ARRAY['n'], 'metadata', ARRAY['{"b": "2", "a": "ä", "": "x"}'],
      'request', ARRAY[1, 1], 'account', ARRAY[1, 1], 'operation', ARRAY['CREDIT_ADD', 'CREDIT_SPEND'],
      'amount', ARRAY[5, -2], 'requested', ARRAY[5, -2])) -> 'answers' ->> 0 AS refusal`)
  expect(rows).toEqual([{ refusal: null }])
  const posted = await sql.query(`
    SELECT app, book, owner_id AS "ownerId", seq, id, operation, amount, balance_after AS "balanceAfter", nonce, place,
           transaction_id AS "transactionId", metadata, (extract(epoch FROM created_on) * 1000000)::bigint AS "createdOn", hash
      FROM ledger.entries WHERE owner_id = 'ada' ORDER BY seq`)
  let hash = chainStart('content', 'ada')
  for (const { hash: written, ...row } of posted.rows) {
    const numbers = ['seq', 'id', 'amount', 'balanceAfter', 'createdOn'].map((name) => [
      name,
      BigInt(row[name]),
    ])
    const entry = { ...row, ...Object.fromEntries(numbers), reverses: null, refunds: null, holdId: null }
    hash = nextHash(hash, sha256(entryForm(entry)))
    expect(written.toString('hex')).toBe(hash.toString('hex'))
  }
  expect(posted.rows).toHaveLength(2)
  expect((await sql.query("SELECT head FROM ledger.accounts WHERE owner_id = 'ada'")).rows).toEqual([
    { head: hash },
  ])
})

test('two different entries have different forms, wherever one text ends and the next begins', () => {
  fc.assert(
    fc.property(entries, entries, (one, other) => {
      const same = entryForm(one).equals(entryForm(other))
      const sorted = ({ metadata, ...entry }: ChainedEntry) => ({
        ...entry,
        transactionId: entry.transactionId.toLowerCase(),
        metadata: Object.entries(metadata).sort(),
      })
      if (same) expect(sorted(one)).toEqual(sorted(other))
    }),
  )
  const entry: ChainedEntry = {
    ...{
      app: 'a',
      book: 'b',
      ownerId: 'c',
      seq: 1n,
      id: 1n,
      operation: 'd',
      amount: 1n,
      balanceAfter: 1n,
      nonce: 'e',
    },
    ...{ place: 1, transactionId: crypto.randomUUID(), metadata: {}, createdOn: 0n },
    ...{ reverses: null, refunds: null, holdId: null },
  }
  const changes: Partial<ChainedEntry>[] = [
    { app: 'ab', book: '' },
    { book: 'bc', ownerId: '' },
    { ownerId: '', operation: 'cd' },
    { operation: 'de', nonce: '' },
    { nonce: 'e{}' },
    { reverses: 0n },
    { refunds: 0n },
    { holdId: 0n },
    { createdOn: 1n },
    { seq: 2n, id: 0n },
  ]
  const forms = [entry, ...changes.map((change) => ({ ...entry, ...change }))].map((each) =>
    entryForm(each).toString('hex'),
  )
  expect(new Set(forms).size).toBe(forms.length)
})
