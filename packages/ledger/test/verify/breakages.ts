import { expect } from 'vitest'
import { operations } from '../open-ledger.ts'
import { type Breakage, giveHold, named, setAccount, setEntry, setHold } from './breakage.ts'
import { chainBreakages } from './chain-breakages.ts'

/** Returns a moment as PostgreSQL prints it. */
const moment = (date: Date | null) =>
  date === null
    ? 'never'
    : `${date
        .toISOString()
        .slice(0, -1)
        .replace('T', ' ')
        .replace(/\.?0+$/, '')}+00`

const dayBefore = (date: Date) => new Date(date.getTime() - 24 * 60 * 60 * 1000)

/** Copies an entry to the end of its account, with a few changed columns. */
const addEntry = `
  INSERT INTO ledger.entries
  SELECT (jsonb_populate_record(e, $3::jsonb || jsonb_build_object('seq', a.seq + 1, 'balance_after', a.balance))).*
    FROM ledger.entries e JOIN ledger.accounts a USING (book, owner_id) WHERE e.app = $1 AND e.id = $2`

export const breakages: readonly Breakage[] = [
  ...chainBreakages,
  [
    'a balance that its entries do not add up to',
    'balance',
    setAccount('balance'),
    ({ app }) => [app, 'ada', 100],
    () => ({
      broken: 'account "ada"',
      found: 'balance 100',
      expected: 'balance 11, the sum of its entries; the last one left 11',
    }),
  ],
  [
    'entries without an account',
    'balance',
    'DELETE FROM ledger.accounts WHERE book = $1 AND owner_id = $2',
    ({ app }) => [app, 'bob'],
    () => ({
      broken: 'account "bob"',
      found: 'no account',
      expected: 'balance 7, the sum of its entries; the last one left 7',
    }),
  ],
  [
    'a last balance_after that the account does not have',
    'balance',
    setEntry('balance_after'),
    ({ app, bobsBack }) => [app, bobsBack.id, 8],
    () => ({
      broken: 'account "bob"',
      found: 'balance 7',
      expected: 'balance 7, the sum of its entries; the last one left 8',
    }),
  ],
  [
    'a balance_after that does not follow',
    'balance-after',
    setEntry('balance_after'),
    ({ app, added }) => [app, added.id, 16],
    ({ added }) => ({
      broken: named(added),
      found: 'balance_after 16',
      expected: 'balance_after 17: 15 before it, and 2',
    }),
  ],
  [
    'an amount that was changed',
    'balance-after',
    setEntry('amount'),
    ({ app, first }) => [app, first.id, 21],
    ({ first }) => ({
      broken: named(first),
      found: 'balance_after 20',
      expected: 'balance_after 21: 0 before it, and 21',
    }),
  ],
  [
    'an entry that was deleted',
    'seq',
    'DELETE FROM ledger.entries WHERE app = $1 AND id = $2',
    ({ app, spent }) => [app, spent.id],
    ({ added }) => ({
      broken: `entry ${added.id} of "ada"`,
      found: 'seq 3',
      expected: 'seq 2, as the one before it has 1',
    }),
  ],
  [
    'a last entry that was deleted',
    'seq',
    'DELETE FROM ledger.entries WHERE app = $1 AND id = $2',
    ({ app, bobsBack }) => [app, bobsBack.id],
    () => ({ broken: 'account "bob"', found: 'seq 3', expected: 'seq 2, the number of its entries' }),
  ],
  [
    'two entries with one seq',
    'seq',
    setEntry('seq'),
    ({ app, added }) => [app, added.id, 2],
    ({ added, spent }) => ({
      broken: expect.stringMatching(`^entry (${added.id}|${spent.id}) of "ada"$`),
      found: 'seq 2',
      expected: 'seq 3, as the one before it has 2',
    }),
  ],
  [
    'an entry before the one before it',
    'created-on',
    setEntry('created_on'),
    ({ app, adasBack }) => [app, adasBack.id, new Date(0)],
    ({ adasBack, adas }) => ({
      broken: named(adasBack),
      found: 'created_on 1970-01-01 00:00:00+00',
      expected: `created_on ${moment(adas.createdOn)} or later, as the entry before it`,
    }),
  ],
  [
    'an account that was last updated before its last entry',
    'created-on',
    setAccount('updated_on'),
    ({ app }) => [app, 'bob', new Date(0)],
    ({ bobsBack }) => ({
      broken: 'account "bob"',
      found: 'updated_on 1970-01-01 00:00:00+00',
      expected: `updated_on ${moment(bobsBack.createdOn)} or later, when its last entry or hold was made`,
    }),
  ],
  [
    'two entries with one id',
    'ids',
    setEntry('id'),
    ({ app, given, spent }) => [app, given.id, spent.id],
    ({ spent }) => ({
      broken: `entry ${spent.id}`,
      found: `the id of 2 entries: seq 2 of "ada", seq 1 of "bob"`,
      expected: 'the id of one entry',
    }),
  ],
  [
    'more promised than there is',
    'available',
    setHold('amount'),
    ({ app, live }) => [app, live.id, 12],
    () => ({
      broken: 'account "ada"',
      found: '-1 available: balance 11 - held 12 + overdraft 0',
      expected: 'at least 0 available',
    }),
  ],
  [
    'an overdraft below 0',
    'available',
    setAccount('overdraft'),
    ({ app }) => [app, 'bob', -8],
    () => ({
      broken: 'account "bob"',
      found: '-1 available: balance 7 - held 0 + overdraft -8',
      expected: 'at least 0 available',
    }),
  ],
  [
    'held that is not the sum of the live holds',
    'held',
    setAccount('held'),
    ({ app }) => [app, 'ada', 4],
    ({ live }) => ({
      broken: 'account "ada"',
      found: `held 4 until ${moment(live.expiresOn)}`,
      expected: 'held 3, what its open holds keep',
    }),
  ],
  [
    'held beyond the first expiry',
    'held',
    setHold('expires_on'),
    ({ app, live }) => [app, live.id, new Date(live.expiresOn.getTime() - 60_000)],
    ({ live }) => ({
      broken: 'account "ada"',
      found: `held 3 until ${moment(live.expiresOn)}`,
      expected: 'held 0, what its open holds keep',
    }),
  ],
  [
    'holds that the account forgot',
    'held',
    `UPDATE ledger.accounts SET held = 0, holds_expire_on = NULL WHERE book = $1 AND owner_id = $2`,
    ({ app }) => [app, 'ada'],
    ({ live }) => ({
      broken: 'account "ada"',
      found: 'held 0 until a hold is made',
      expected: `until ${moment(live.expiresOn)} or earlier, when its first live hold expires`,
    }),
  ],
  [
    'a hold of nobody',
    'holds',
    giveHold,
    ({ app, live }) => [app, live.id, 'nobody'],
    ({ live }) => ({
      broken: `hold ${live.id} of "nobody"`,
      found: 'no account',
      expected: 'an account of its owner',
    }),
  ],
  [
    'a hold released after it had expired',
    'holds',
    setHold('released_on'),
    ({ app, released }) => [app, released.id, released.expiresOn],
    ({ released }) => ({
      broken: `hold ${released.id} of "ada"`,
      found: `released_on ${moment(released.expiresOn)}`,
      expected: `released_on from ${moment(released.createdOn)} on, and before ${moment(released.expiresOn)}`,
    }),
  ],
  [
    'a hold made before its account',
    'holds',
    setHold('created_on'),
    ({ app, captured, live }) => [app, captured.id, dayBefore(live.createdOn)],
    ({ captured, live }) => ({
      broken: `hold ${captured.id} of "ada"`,
      found: `created_on ${moment(dayBefore(live.createdOn))}`,
      expected: 'created_on of its account, or later',
    }),
  ],
  [
    'a nonce of two transactions',
    'nonces',
    setEntry('nonce'),
    ({ app, first }) => [app, first.id, 'refund'],
    ({ first, refund }) => ({
      broken: 'nonce "refund" of "ada"',
      found: `2 uses: ${[first, refund]
        .map(({ transactionId }) => `transaction ${transactionId}`)
        .sort()
        .join(', ')}`,
      expected: 'one use',
    }),
  ],
  [
    'a nonce of an entry and a hold',
    'nonces',
    setHold('nonce'),
    ({ app, released }) => [app, released.id, 'first'],
    ({ released, first }) => ({
      broken: 'nonce "first" of "ada"',
      found: `2 uses: hold ${released.id}, transaction ${first.transactionId}`,
      expected: 'one use',
    }),
  ],
  [
    'a nonce of two holds',
    'nonces',
    setHold('nonce'),
    ({ app, released }) => [app, released.id, 'live'],
    ({ released, live }) => ({
      broken: 'nonce "live" of "ada"',
      found: `2 uses: hold ${live.id}, hold ${released.id}`,
      expected: 'one use',
    }),
  ],
  [
    'a place left out',
    'places',
    setEntry('place'),
    ({ app, added }) => [app, added.id, 3],
    ({ added, both }) => ({
      broken: named(added),
      found: 'place 3',
      expected: `place 2 in transaction ${both.id}`,
    }),
  ],
  [
    'a place twice',
    'places',
    setEntry('place'),
    ({ app, added }) => [app, added.id, 1],
    ({ added, both }) => ({
      broken: named(added),
      found: 'place 1',
      expected: `place 2 in transaction ${both.id}`,
    }),
  ],
  [
    'a transaction of two nonces',
    'transactions',
    setEntry('nonce'),
    ({ app, given }) => [app, given.id, 'other'],
    ({ given, both }) => ({
      broken: named(given),
      found: 'nonce "other"',
      expected: `nonce "both", as transaction ${both.id} has it`,
    }),
  ],
  [
    'a transaction of two metadata',
    'transactions',
    setEntry('metadata'),
    ({ app, given }) => [app, given.id, {}],
    ({ given, both }) => ({
      broken: named(given),
      found: 'metadata {}',
      expected: `metadata {"why": "test"}, as transaction ${both.id} has it`,
    }),
  ],
  [
    'a transaction of two moments',
    'transactions',
    setEntry('created_on'),
    ({ app, given }) => [app, given.id, new Date(0)],
    ({ given, both }) => ({
      broken: named(given),
      found: 'created_on 1970-01-01 00:00:00+00',
      expected: `created_on ${moment(both.createdOn)}, as transaction ${both.id} has it`,
    }),
  ],
  [
    'an entry that joined a transaction later',
    'transactions',
    setEntry('transaction_id'),
    ({ app, capture, both }) => [app, capture.id, both.id],
    ({ capture, both, added }) => ({
      broken: named(capture),
      found: `seq ${capture.seq}`,
      expected: `seq ${added.seq + 1}, as transaction ${both.id} has it`,
    }),
  ],
  [
    'a transaction of 101 entries',
    'transactions',
    `INSERT INTO ledger.entries
     SELECT e.app, e.book, 'eve', i, 9000000000000000 + i, e.operation, 0, 0, e.nonce, i, e.transaction_id, e.metadata, e.created_on,
            NULL, NULL, NULL, e.hash
       FROM ledger.entries e, generate_series(1, 98) i WHERE e.app = $1 AND e.id = $2`,
    ({ app, given }) => [app, given.id],
    ({ both }) => ({
      broken: named({ id: '9000000000000098', seq: 98, ownerId: 'eve' }),
      found: 'entry number 101',
      expected: `at most 100 entries, as transaction ${both.id} has it`,
    }),
  ],
  [
    'a reversal of nothing',
    'reversals',
    setEntry('reverses'),
    ({ app, bobsBack }) => [app, bobsBack.id, 999],
    ({ bobsBack }) => ({ broken: named(bobsBack), found: 'reverses 999', expected: 'the id of an entry' }),
  ],
  [
    'a reversal of another owner',
    'reversals',
    setEntry('reverses'),
    ({ app, bobsBack, adas }) => [app, bobsBack.id, adas.id],
    ({ bobsBack, adas }) => ({
      broken: named(bobsBack),
      found: `reverses ${adas.id}, an entry of "ada"`,
      expected: 'an entry of its own account',
    }),
  ],
  [
    'a reversal of another operation',
    'reversals',
    setEntry('operation'),
    ({ app, bobsBack }) => [app, bobsBack.id, 'DAILY_REWARD'],
    ({ bobsBack, bobs }) => ({
      broken: named(bobsBack),
      found: 'operation DAILY_REWARD',
      expected: `operation CREDIT_ADD, as entry ${bobs.id}`,
    }),
  ],
  [
    'a reversal of a part',
    'reversals',
    setEntry('amount'),
    ({ app, bobsBack }) => [app, bobsBack.id, -2],
    ({ bobsBack, bobs }) => ({
      broken: named(bobsBack),
      found: 'amount -2',
      expected: `amount -3, which undoes entry ${bobs.id}`,
    }),
  ],
  [
    'a reversal of a refund',
    'reversals',
    setEntry('refunds'),
    ({ app, bobs, given }) => [app, bobs.id, given.id],
    ({ bobsBack, bobs }) => ({
      broken: named(bobsBack),
      found: `reverses ${bobs.id}, which is a reversal or a refund`,
      expected: 'neither',
    }),
  ],
  [
    'a reversal of itself',
    'reversals',
    setEntry('reverses'),
    ({ app, bobsBack }) => [app, bobsBack.id, bobsBack.id],
    ({ bobsBack }) => ({
      broken: named(bobsBack),
      found: `reverses ${bobsBack.id}, which is later`,
      expected: 'an earlier entry',
    }),
  ],
  [
    'a second reversal',
    'reversals',
    addEntry,
    ({ app, bobsBack }) => [
      app,
      bobsBack.id,
      { id: 1_000_000, nonce: 'x', transaction_id: crypto.randomUUID() },
    ],
    ({ bobs }) => ({
      broken: named({ id: '1000000', seq: 4, ownerId: 'bob' }),
      found: `reverses ${bobs.id}, which was reversed before`,
      expected: 'an entry that is reversed once',
    }),
  ],
  [
    'a transaction reversed in part',
    'whole-reversals',
    setEntry('reverses'),
    ({ app, bobsBack }) => [app, bobsBack.id, null],
    ({ undone }) => ({
      broken: `transaction ${undone.id}`,
      found: '1 of 2 entries reversed, by 1 transactions',
      expected: 'all reversed by one transaction, or none',
    }),
  ],
  [
    'a transaction reversed by two',
    'whole-reversals',
    setEntry('transaction_id'),
    ({ app, bobsBack }) => [app, bobsBack.id, crypto.randomUUID()],
    ({ undone }) => ({
      broken: `transaction ${undone.id}`,
      found: '2 of 2 entries reversed, by 2 transactions',
      expected: 'all reversed by one transaction, or none',
    }),
  ],
  [
    'a reversal with something else in it',
    'whole-reversals',
    setEntry('transaction_id'),
    ({ app, refund, undo }) => [app, refund.id, undo.id],
    ({ undo }) => ({
      broken: `transaction ${undo.id}`,
      found: '2 reversals among 3 entries, of 1 transactions',
      expected: 'reversals of one transaction alone, or none',
    }),
  ],
  [
    'a refund of nothing',
    'refunds',
    setEntry('refunds'),
    ({ app, refund }) => [app, refund.id, 999],
    ({ refund }) => ({ broken: named(refund), found: 'refunds 999', expected: 'the id of an entry' }),
  ],
  [
    'a refund of another owner',
    'refunds',
    setEntry('refunds'),
    ({ app, refund, given }) => [app, refund.id, given.id],
    ({ refund, given }) => ({
      broken: named(refund),
      found: `refunds ${given.id}, an entry of "bob"`,
      expected: 'an entry of its own account',
    }),
  ],
  [
    'a refund of another operation',
    'refunds',
    setEntry('operation'),
    ({ app, refund }) => [app, refund.id, 'DAILY_REWARD'],
    ({ refund, first }) => ({
      broken: named(refund),
      found: 'operation DAILY_REWARD',
      expected: `operation CREDIT_ADD, as entry ${first.id}`,
    }),
  ],
  [
    'a refund that gives more of the same',
    'refunds',
    setEntry('amount'),
    ({ app, refund }) => [app, refund.id, 4],
    ({ refund, first }) => ({
      broken: named(refund),
      found: 'amount 4',
      expected: `the other sign, as entry ${first.id} moved 20`,
    }),
  ],
  [
    'a refund of a reversal',
    'refunds',
    setEntry('refunds'),
    ({ app, refund, adasBack }) => [app, refund.id, adasBack.id],
    ({ refund, adasBack }) => ({
      broken: named(refund),
      found: `refunds ${adasBack.id}, which is a reversal or a refund`,
      expected: 'neither',
    }),
  ],
  [
    'a refund of a later entry',
    'refunds',
    setEntry('refunds'),
    ({ app, refund, capture }) => [app, refund.id, capture.id],
    ({ refund, capture }) => ({
      broken: named(refund),
      found: `refunds ${capture.id}, which is later`,
      expected: 'an earlier entry',
    }),
  ],
  [
    'refunds of more than the original',
    'refunds',
    setEntry('amount'),
    ({ app, refund }) => [app, refund.id, -21],
    ({ first }) => ({ broken: named(first), found: '21 refunded', expected: 'at most 20 refunded' }),
  ],
  [
    'a refund of a reversed entry',
    'refunds',
    setEntry('refunds'),
    ({ app, refund, adas }) => [app, refund.id, adas.id],
    ({ adas }) => ({ broken: named(adas), found: '4 refunded, and reversed', expected: 'one or the other' }),
  ],
  [
    'a capture of no hold',
    'captures',
    'DELETE FROM ledger.holds WHERE app = $1 AND id = $2',
    ({ app, captured }) => [app, captured.id],
    ({ capture, captured }) => ({
      broken: named(capture),
      found: `hold_id ${captured.id}`,
      expected: 'the id of a hold',
    }),
  ],
  [
    "a capture of another's hold",
    'captures',
    giveHold,
    ({ app, captured }) => [app, captured.id, 'bob'],
    ({ capture, captured }) => ({
      broken: named(capture),
      found: `captures hold ${captured.id} of "bob"`,
      expected: 'a hold of its own account',
    }),
  ],
  [
    'a capture by another operation',
    'captures',
    setEntry('operation'),
    ({ app, capture }) => [app, capture.id, 'CONTENT_CREATION'],
    ({ capture, captured }) => ({
      broken: named(capture),
      found: 'operation CONTENT_CREATION',
      expected: `operation CREDIT_SPEND, as hold ${captured.id}`,
    }),
  ],
  [
    'a capture beyond the hold',
    'captures',
    setEntry('amount'),
    ({ app, capture }) => [app, capture.id, -4],
    ({ capture, captured }) => ({
      broken: named(capture),
      found: 'amount -4',
      expected: `from -3 to -1, which hold ${captured.id} keeps`,
    }),
  ],
  [
    'a capture of an expired hold',
    'captures',
    'UPDATE ledger.holds SET created_on = $3, expires_on = $4 WHERE app = $1 AND id = $2',
    ({ app, captured }) => [app, captured.id, new Date(0), new Date(1000)],
    ({ capture, captured }) => ({
      broken: named(capture),
      found: `created_on ${moment(capture.createdOn)}`,
      expected: `from 1970-01-01 00:00:00+00 on, and before 1970-01-01 00:00:01+00, while hold ${captured.id} was live`,
    }),
  ],
  [
    'a hold that was captured whole and does not know by what',
    'captures',
    `UPDATE ledger.holds SET amount = captured, captured_by = NULL WHERE app = $1 AND id = $2`,
    ({ app, captured }) => [app, captured.id],
    ({ captured, capture }) => ({
      broken: `hold ${captured.id} of "ada"`,
      found: `captured_by none, released_on ${moment(capture.createdOn)}`,
      expected: `captured_by ${capture.id}, released_on ${moment(capture.createdOn)}`,
    }),
  ],
  [
    'a hold that counts less than its captures took',
    'captures',
    setHold('captured'),
    ({ app, captured }) => [app, captured.id, 1],
    ({ captured }) => ({
      broken: `hold ${captured.id} of "ada"`,
      found: 'captured 1',
      expected: 'captured 2, the sum of its captures',
    }),
  ],
  [
    'a captured hold that is not released',
    'captures',
    setHold('released_on'),
    ({ app, captured }) => [app, captured.id, null],
    ({ captured, capture }) => ({
      broken: `hold ${captured.id} of "ada"`,
      found: `captured_by ${capture.id}, released_on never`,
      expected: `captured_by ${capture.id}, released_on ${moment(capture.createdOn)}`,
    }),
  ],
  [
    'a hold that names an entry which captured nothing',
    'captures',
    setHold('captured_by'),
    ({ app, released, first }) => [app, released.id, first.id],
    ({ released, first }) => ({
      broken: `hold ${released.id} of "ada"`,
      found: `captured_by ${first.id}`,
      expected: 'captured_by none: no such entry names it',
    }),
  ],
  [
    'a hold captured twice',
    'captures',
    addEntry,
    ({ app, capture }) => [
      app,
      capture.id,
      { id: 1_000_000, nonce: 'x', transaction_id: crypto.randomUUID() },
    ],
    ({ captured }) => ({
      broken: `hold ${captured.id} of "ada"`,
      expected: 'captured 4, the sum of its captures',
    }),
  ],
  [
    'an entry of an operation that the app lacks',
    'operations',
    setEntry('operation'),
    ({ app, first }) => [app, first.id, 'MINT'],
    ({ first }) => ({
      broken: named(first),
      found: 'operation MINT',
      expected: `one of ${Object.keys(operations).join(', ')}`,
    }),
  ],
  [
    'a hold of an operation that the app lacks',
    'operations',
    setHold('operation'),
    ({ app, live }) => [app, live.id, 'MINT'],
    ({ live }) => ({
      broken: `hold ${live.id} of "ada"`,
      found: 'operation MINT',
      expected: `one of ${Object.keys(operations).join(', ')}`,
    }),
  ],
  [
    'an app that declares nothing',
    'operations',
    'DELETE FROM ledger.apps WHERE app = $1',
    ({ app }) => [app],
    ({ first }) => ({
      broken: named(first),
      found: 'operation CREDIT_ADD',
      expected: 'one of none: the app declares no operations',
    }),
  ],
  [
    'balances that the operations do not add up to',
    'trial-balance',
    setAccount('balance'),
    ({ app }) => [app, 'bob', 8],
    ({ app }) => ({
      broken: `trial balance of ${app}`,
      found: 'balances of 19',
      expected: 'balances of 18: CREDIT_ADD 25, CREDIT_SPEND -7',
    }),
  ],
]
