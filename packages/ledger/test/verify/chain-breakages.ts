import { expect } from 'vitest'
import { type Breakage, giveEntry, named, setAccount, setEntry } from './breakage.ts'

const follows = 'the hash that follows from what it says and the hash before it'
const ofLast = expect.stringMatching(/^head [0-9a-f]{64}, the hash of its last entry$/)

const changed = (column: string, value: unknown): Breakage => [
  `another ${column} than was posted`,
  'chain',
  setEntry(column),
  ({ app, spent }) => [app, spent.id, value],
  ({ spent }) => ({ broken: named(spent), expected: follows }),
]

/** Every kind of tampering with posted entries that leaves the hashes alone, or rewrites some of them. */
export const chainBreakages: readonly Breakage[] = [
  changed('operation', 'CREDIT_ADD'),
  changed('amount', -4),
  changed('balance_after', 16),
  changed('nonce', 'another'),
  changed('place', 3),
  changed('transaction_id', crypto.randomUUID()),
  changed('metadata', { why: 'other' }),
  changed('created_on', '2020-01-01T00:00:00Z'),
  changed('reverses', 1),
  changed('refunds', 1),
  changed('hold_id', 1),
  changed('hash', Buffer.alloc(32)),
  [
    'another id than was posted',
    'chain',
    setEntry('id'),
    ({ app, spent }) => [app, spent.id, 1_000_000],
    ({ spent }) => ({ broken: named({ ...spent, id: '1000000' }), expected: follows }),
  ],
  [
    'an entry that was given to another owner',
    'chain',
    giveEntry,
    ({ app, refund }) => [app, refund.id, 'bob'],
    ({ refund }) => ({ broken: named({ ...refund, ownerId: 'bob', seq: 100 }), expected: follows }),
  ],
  [
    'an entry that is gone from the middle',
    'chain',
    'DELETE FROM ledger.entries WHERE app = $1 AND id = $2',
    ({ app, spent }) => [app, spent.id],
    ({ added }) => ({ broken: named(added), expected: follows }),
  ],
  [
    'an entry that is gone from the beginning',
    'chain',
    'DELETE FROM ledger.entries WHERE app = $1 AND id = $2',
    ({ app, first }) => [app, first.id],
    ({ spent }) => ({ broken: named(spent), expected: follows }),
  ],
  [
    'an entry that is gone from the end',
    'chain',
    'DELETE FROM ledger.entries WHERE app = $1 AND id = $2',
    ({ app, capture }) => [app, capture.id],
    () => ({
      broken: 'account "ada"',
      expected: ofLast,
    }),
  ],
  [
    'all entries of an account gone',
    'chain',
    "DELETE FROM ledger.entries WHERE app = $1 AND owner_id = 'bob'",
    ({ app }) => [app],
    () => ({
      broken: 'account "bob"',
      expected: ofLast,
    }),
  ],
  [
    'an entry put between two others, with a hash that follows',
    'chain',
    `WITH pushed AS (
         UPDATE ledger.entries SET seq = seq + 1 WHERE app = $1 AND owner_id = 'ada' AND seq > 1 RETURNING seq
       )
       INSERT INTO ledger.entries
       SELECT app, book, owner_id, 2, 1000000, operation, 0, balance_after, 'x', 1, transaction_id, metadata, created_on,
              NULL, NULL, NULL,
              ledger.next_hash(hash, ledger.entry_form(app, book, owner_id, 2, 1000000, operation, 0, balance_after, 'x', 1,
                                               transaction_id, metadata, created_on, NULL, NULL, NULL))
         FROM ledger.entries WHERE app = $1 AND id = $2`,
    ({ app, first }) => [app, first.id],
    ({ spent }) => ({ broken: named({ ...spent, seq: 3 }), expected: follows }),
  ],
  [
    "two entries in each other's places",
    'chain',
    'UPDATE ledger.entries SET seq = 5 - seq WHERE app = $1 AND owner_id = $2 AND seq IN (2, 3)',
    ({ app }) => [app, 'ada'],
    ({ added }) => ({ broken: named({ ...added, seq: 2 }), expected: follows }),
  ],
  [
    'an amount with a hash that follows: the next one does not',
    'chain',
    `WITH before AS (SELECT hash FROM ledger.entries WHERE app = $1 AND id = $3),
          taken AS (DELETE FROM ledger.entries WHERE app = $1 AND id = $2 RETURNING *)
     INSERT INTO ledger.entries
     SELECT t.app, t.book, t.owner_id, t.seq, t.id, t.operation, -4, t.balance_after, t.nonce, t.place, t.transaction_id,
            t.metadata, t.created_on, t.reverses, t.refunds, t.hold_id,
            ledger.next_hash(before.hash, ledger.entry_form(
              t.app, t.book, t.owner_id, t.seq, t.id, t.operation, -4, t.balance_after, t.nonce, t.place, t.transaction_id,
              t.metadata, t.created_on, t.reverses, t.refunds, t.hold_id))
       FROM taken t, before`,
    ({ app, spent, first }) => [app, spent.id, first.id],
    ({ added }) => ({ broken: named(added), expected: follows }),
  ],
  [
    'a last entry with a hash that follows: the head does not',
    'chain',
    `WITH before AS (SELECT hash FROM ledger.entries WHERE app = $1 AND owner_id = 'ada' AND seq = $3),
          taken AS (DELETE FROM ledger.entries WHERE app = $1 AND id = $2 RETURNING *)
     INSERT INTO ledger.entries
     SELECT t.app, t.book, t.owner_id, t.seq, t.id, t.operation, t.amount, t.balance_after, 'other', t.place,
            t.transaction_id, t.metadata, t.created_on, t.reverses, t.refunds, t.hold_id,
            ledger.next_hash(before.hash, ledger.entry_form(
              t.app, t.book, t.owner_id, t.seq, t.id, t.operation, t.amount, t.balance_after, 'other', t.place,
              t.transaction_id, t.metadata, t.created_on, t.reverses, t.refunds, t.hold_id))
       FROM taken t, before`,
    ({ app, capture }) => [app, capture.id, capture.seq - 1],
    () => ({
      broken: 'account "ada"',
      expected: ofLast,
    }),
  ],
  [
    'a head that is none',
    'chain',
    setAccount('head'),
    ({ app }) => [app, 'bob', Buffer.alloc(32)],
    () => ({ broken: 'account "bob"', found: `head ${'00'.repeat(32)}` }),
  ],
]
