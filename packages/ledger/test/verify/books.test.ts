import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { verifyLedger } from '../../src/verify/verify.ts'
import { type BooksSeed, seedBooks } from './books-seed.ts'
import { named, setEntry, setHold } from './breakage.ts'
import { database, intruder, sql } from './seed.ts'

const inBook = (entry: { id: string; seq: number; ownerId: string }, book: string) =>
  `entry ${entry.id} (seq ${entry.seq} of "${entry.ownerId}" in ${book})`

test('the books of two apps that share them are right, each with both apps’ rows', async () => {
  const { maker, guest } = await seedBooks()
  expect(await verifyLedger(sql, { apps: [maker, guest] })).toMatchObject({
    apps: [
      { app: guest, accounts: 1, entries: 7, holds: 2 },
      { app: maker, accounts: 2, entries: 6, holds: 0 },
    ],
    broken: [],
  })
})

type Breakage = readonly [
  name: string,
  by: 'maker' | 'guest',
  question: string,
  statement: string,
  values: (seed: BooksSeed) => readonly unknown[],
  row: (seed: BooksSeed) => object,
]

const setAccount = (column: string) => `UPDATE ledger.accounts SET ${column} = $2 WHERE book = $1` as const
/** Gives an entry or a hold to the book in $3. */
const giveBook = (table: 'entries' | 'holds') =>
  `UPDATE ledger.${table} SET book = $3 WHERE app = $1 AND id = $2` as const

const breakages: readonly Breakage[] = [
  [
    "another app's amount",
    'maker',
    'balance-after',
    setEntry('amount'),
    ({ guest, meal }) => [guest, meal.id, -6],
    ({ meal }) => ({
      broken: named(meal),
      found: 'balance_after 45',
      expected: 'balance_after 44: 50 before it, and -6',
    }),
  ],
  [
    "another app's amount in a further book",
    'maker',
    'balance',
    setEntry('amount'),
    ({ guest, tip }) => [guest, tip.id, -4],
    ({ gems }) => ({
      broken: `account "ada" in ${gems}`,
      found: 'balance 28',
      expected: 'balance 27, the sum of its entries; the last one left 28',
    }),
  ],
  [
    "another app's entry gone",
    'maker',
    'seq',
    'DELETE FROM ledger.entries WHERE app = $1 AND id = $2',
    ({ guest, tip }) => [guest, tip.id],
    ({ gems, sale }) => ({
      broken: `entry ${sale.entries[1]?.id} of "ada" in ${gems}`,
      found: 'seq 3',
      expected: 'seq 2, as the one before it has 1',
    }),
  ],
  [
    'one seq of two apps',
    'maker',
    'seq',
    setEntry('seq'),
    ({ guest, meal }) => [guest, meal.id, 3],
    () => ({ found: 'seq 3', expected: 'seq 4, as the one before it has 3' }),
  ],
  [
    'the number of entries of a further book',
    'maker',
    'seq',
    setAccount('seq'),
    ({ gems }) => [gems, 9],
    ({ gems }) => ({
      broken: `account "ada" in ${gems}`,
      found: 'seq 9',
      expected: 'seq 5, the number of its entries',
    }),
  ],
  [
    "another app's nonce",
    'maker',
    'chain',
    setEntry('nonce'),
    ({ guest, meal }) => [guest, meal.id, 'another'],
    ({ meal }) => ({ broken: named(meal) }),
  ],
  [
    "another app's nonce in a further book",
    'maker',
    'chain',
    setEntry('nonce'),
    ({ guest, tip }) => [guest, tip.id, 'another'],
    ({ tip, gems }) => ({ broken: inBook(tip, gems) }),
  ],
  [
    'the head of a further book',
    'maker',
    'chain',
    setAccount('head'),
    ({ gems }) => [gems, Buffer.alloc(32)],
    ({ gems }) => ({ broken: `account "ada" in ${gems}` }),
  ],
  [
    'a balance of a further book',
    'maker',
    'balance',
    setAccount('balance'),
    ({ gems }) => [gems, 99],
    ({ gems }) => ({ broken: `account "ada" in ${gems}`, found: 'balance 99' }),
  ],
  [
    "another app's hold",
    'maker',
    'held',
    setHold('amount'),
    ({ guest, held }) => [guest, held.id, 5],
    () => ({ broken: 'account "ada"', expected: 'held 5, what its open holds keep' }),
  ],
  [
    "more of another app's hold than there is",
    'maker',
    'available',
    setHold('amount'),
    ({ guest, held }) => [guest, held.id, 100],
    () => ({ broken: 'account "ada"', found: expect.stringContaining('held 100') }),
  ],
  [
    "another app's entry before the one before it",
    'maker',
    'created-on',
    setEntry('created_on'),
    ({ guest, tip }) => [guest, tip.id, new Date(0)],
    ({ tip, gems }) => ({ broken: inBook(tip, gems), found: 'created_on 1970-01-01 00:00:00+00' }),
  ],
  [
    "an account older than another app's last hold",
    'maker',
    'created-on',
    "UPDATE ledger.holds SET created_on = $3::timestamptz, expires_on = $3::timestamptz + interval '1 day' WHERE app = $1 AND id = $2",
    ({ guest, held }) => [guest, held.id, '2100-01-01T00:00:00Z'],
    () => ({ broken: 'account "ada"', expected: expect.stringContaining('2100-01-01') }),
  ],
  [
    'the sum of a book, with the operations of each app',
    'maker',
    'trial-balance',
    setAccount('balance'),
    ({ gems }) => [gems, 99],
    ({ gems, guest }) => ({
      broken: `trial balance of ${gems}`,
      found: 'balances of 99',
      expected: `balances of 28: GEM_GAIN 30, GEM_PURCHASE 4, GEM_SPEND -1, ${guest} TIP -5`,
    }),
  ],
  [
    'an entry in a book that the app may not use',
    'guest',
    'operations',
    'UPDATE ledger.books SET apps = ARRAY[app] WHERE app = $1 AND book = $2',
    ({ maker, gems }) => [maker, gems],
    ({ tip, gems }) => ({
      broken: inBook(tip, gems),
      found: `book ${gems}`,
      expected: 'a book that the app made, or that is shared with it',
    }),
  ],
  [
    'a hold in a book that the app may not use',
    'guest',
    'operations',
    'UPDATE ledger.books SET apps = ARRAY[app] WHERE app = $1 AND book = $1',
    ({ maker }) => [maker],
    ({ held, maker }) => ({
      broken: `hold ${held.id} of "ada" in ${maker}`,
      found: `book ${maker}`,
      expected: 'a book that the app made, or that is shared with it',
    }),
  ],
  [
    'an entry in another book than its operation has',
    'maker',
    'operations',
    giveBook('entries'),
    ({ maker, gained }) => [maker, gained.id, maker],
    ({ gained, gems, maker }) => ({
      broken: named(gained),
      found: `book ${maker}`,
      expected: `book ${gems}, which the operation GEM_GAIN has`,
    }),
  ],
  [
    'an operation whose book was changed',
    'guest',
    'operations',
    `UPDATE ledger.apps SET books = books - 'MEAL' WHERE app = $1`,
    ({ guest }) => [guest],
    ({ held, maker, guest }) => ({
      broken: `hold ${held.id} of "ada" in ${maker}`,
      found: `book ${maker}`,
      expected: `book ${guest}, which the operation MEAL has`,
    }),
  ],
  [
    'a nonce twice in one account',
    'guest',
    'nonces',
    setEntry('nonce'),
    ({ guest, gift }) => [guest, gift.id, 'one'],
    ({ maker }) => ({ broken: `nonce "one" of "ada" in ${maker}`, expected: 'one use' }),
  ],
  [
    "a capture of another book's hold",
    'guest',
    'captures',
    giveBook('holds'),
    ({ guest, captured, maker }) => [guest, captured.id, maker],
    ({ capture, captured, maker, gems }) => ({
      broken: inBook(capture, gems),
      found: `captures hold ${captured.id} of "ada" in ${maker}`,
      expected: 'a hold of its own account',
    }),
  ],
  [
    "a reversal of another book's entry",
    'guest',
    'reversals',
    setEntry('reverses'),
    ({ guest, undo, tip }) => [guest, undo.entries[0]?.id, tip.id],
    ({ tip, gems }) => ({
      found: `reverses ${tip.id}, an entry of "ada" in ${gems}`,
      expected: 'an entry of its own account',
    }),
  ],
  [
    "a refund of another app's entry",
    'guest',
    'refunds',
    setEntry('refunds'),
    ({ guest, refund, added }) => [guest, refund.id, added.id],
    ({ refund, maker, added }) => ({
      broken: inBook(refund, maker),
      found: `refunds ${added.id}`,
      expected: 'the id of an entry',
    }),
  ],
  [
    "a refund of another book's entry",
    'guest',
    'refunds',
    setEntry('refunds'),
    ({ guest, refund, tip }) => [guest, refund.id, tip.id],
    ({ refund, maker, tip, gems }) => ({
      broken: inBook(refund, maker),
      found: `refunds ${tip.id}, an entry of "ada" in ${gems}`,
      expected: 'an entry of its own account',
    }),
  ],
  [
    'a transaction over two books that exchanges nothing',
    'maker',
    'transactions',
    setEntry('transaction_id'),
    ({ maker, gained, added }) => [maker, gained.id, added.transactionId],
    ({ gained, gems, maker, added }) => ({
      broken: inBook(gained, gems),
      found: `book ${gems}`,
      expected: `book ${maker}, as transaction ${added.transactionId} has it`,
    }),
  ],
]

describe('verify names the row of', () => {
  test.each(breakages)('%s', async (_name, by, question, statement, values, row) => {
    const seeded = await seedBooks()
    const { rowCount } = await intruder.query(statement, [...values(seeded)])
    expect(rowCount).toBeGreaterThan(0)
    const { broken } = await verifyLedger(sql, { apps: [seeded[by]] })
    const answer = broken.find((answer) => answer.question === question)
    expect(answer?.rows).toContainEqual(expect.objectContaining(row(seeded)))
  })

  test('each account of a book that no app has made, under the name of the book', async () => {
    const { maker, gems } = await seedBooks()
    await intruder.query('DELETE FROM ledger.books WHERE book = $1', [gems])
    const { broken } = await verifyLedger(sql, { apps: [maker, gems] })
    expect(broken.map(({ app, question }) => `${app} ${question}`)).toEqual(
      expect.arrayContaining([`${gems} balance`, `${gems} chain`, `${gems} seq`, `${maker} operations`]),
    )
  })
})

test('two apps post to shared books while they are verified, by several connections', async () => {
  const { maker, guest, ofMaker, ofGuest } = await seedBooks()
  const beside = [0, 1].map(() => new pg.Client({ connectionString: database.url }))
  await Promise.all(beside.map((client) => client.connect()))
  // Whatever is posted first, there are credits for it.
  const plenty = { ownerId: 'ada', amount: 100, nonce: 'plenty' } as const
  for (const operation of ['CREDIT_ADD', 'GEM_GAIN'] as const)
    expect(await ofMaker.postEntry({ ...plenty, operation })).toMatchObject({ ok: true })
  const posted: Promise<{ readonly ok: boolean }>[] = []
  const { broken } = await verifyLedger(sql, {
    apps: [maker, guest],
    ...{ beside, rangeSize: 1 },
    onStep() {
      const nonce = crypto.randomUUID()
      const hold = { ownerId: 'ada', amount: 1, nonce: `hold ${nonce}`, expiresIn: 60 } as const
      posted.push(
        ofMaker.postEntry({ ownerId: 'ada', operation: 'GEM_GAIN', amount: 2, nonce }),
        ofGuest.postEntry({ ownerId: 'ada', operation: 'TIP', amount: 1, nonce }),
        ofGuest.postEntry({ ownerId: 'ada', operation: 'GIFT', amount: 2, nonce }),
        ofMaker.postEntry({ ownerId: `new ${nonce}`, operation: 'GEM_GAIN', amount: 2, nonce }),
        ofGuest.holdCredits({ ...hold, operation: 'MEAL' }),
        ofMaker.holdCredits({ ...hold, operation: 'CREDIT_SPEND' }),
      )
    },
  })
  await Promise.all(beside.map((client) => client.end()))
  expect(broken).toEqual([])
  expect((await Promise.all(posted)).every(({ ok }) => ok)).toBe(true)
  expect(posted.length).toBeGreaterThan(200)
  expect((await verifyLedger(sql, { apps: [maker, guest] })).broken).toEqual([])
})
