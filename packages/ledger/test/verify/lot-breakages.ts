import { expect } from 'vitest'
import { named } from './breakage.ts'
import type { LotsSeed } from './lots-seed.ts'

/** A way to break lots: what is done, and which question names which row. */
type LotBreakage = readonly [
  name: string,
  question: string,
  statement: string,
  values: (seed: LotsSeed) => readonly unknown[],
  row: (seed: LotsSeed) => { broken: string; found?: string; expected?: string },
]

const setLot = (column: string) =>
  `UPDATE ledger.lots SET ${column} = $3 WHERE book = $1 AND id = $2` as const
const setUse = (column: string) =>
  `UPDATE ledger.lot_uses SET ${column} = $3 WHERE book = $1 AND entry_id = $2` as const
const setAccount = (column: string) =>
  `UPDATE ledger.accounts SET ${column} = $3 WHERE book = $1 AND owner_id = $2` as const

export const lotBreakages: readonly LotBreakage[] = [
  [
    'a rest that its uses do not leave',
    'lots',
    setLot('rest'),
    ({ app, promo }) => [app, promo, 5],
    ({ promo }) => ({
      broken: `lot ${promo} of "ada"`,
      found: 'rest 5',
      expected: 'rest 6: amount 10, and uses of -4',
    }),
  ],
  [
    'a rest of more than the amount',
    'lots',
    setLot('amount'),
    ({ app, opening }) => [app, opening, 1],
    ({ opening }) => ({ broken: `lot ${opening} of "ada"`, found: 'rest 2', expected: 'from 0 to 1' }),
  ],
  [
    'a lot of an entry that is not there',
    'lots',
    setLot('entry_id'),
    ({ app, promo }) => [app, promo, 999],
    ({ promo }) => ({
      broken: `lot ${promo} of "ada"`,
      found: 'entry_id 999',
      expected: 'the id of an entry of its account and its app, or none',
    }),
  ],
  [
    'a lot of another seq',
    'lots',
    setLot('seq'),
    ({ app, promo }) => [app, promo, 7],
    ({ promo }) => ({
      broken: `lot ${promo} of "ada"`,
      found: 'seq 7',
      expected: 'seq 2, of the entry that made it',
    }),
  ],
  [
    'a lot that was deleted',
    'lot-debt',
    'DELETE FROM ledger.lots WHERE book = $1 AND id = $2',
    ({ app, opening }) => [app, opening],
    () => ({
      broken: 'account "ada"',
      found: 'lots of 6, balance 8',
      expected: 'lots of 8 to 8, as the overdraft is 0',
    }),
  ],
  [
    'a debt of more than the overdraft',
    'lot-debt',
    setAccount('balance'),
    ({ app }) => [app, 'bob', 1],
    () => ({
      broken: 'account "bob"',
      found: 'lots of 7, balance 1',
      expected: 'lots of 1 to 6, as the overdraft is 5',
    }),
  ],
  [
    'uses of more than an entry took',
    'lot-uses',
    setUse('amount'),
    ({ app, spent }) => [app, spent.id, -5],
    ({ spent }) => ({
      broken: named(spent),
      found: 'uses of -5, 0 of them with another sign',
      expected: 'uses of up to -4, all with its sign',
    }),
  ],
  [
    'a use with another sign',
    'lot-uses',
    setUse('amount'),
    ({ app, spent }) => [app, spent.id, 1],
    ({ spent }) => ({
      broken: named(spent),
      found: 'uses of 1, 1 of them with another sign',
      expected: 'uses of up to -4, all with its sign',
    }),
  ],
  [
    'a use of no lot',
    'lot-uses',
    setUse('lot_id'),
    ({ app, spent }) => [app, spent.id, 999],
    ({ spent }) => ({ broken: named(spent), found: 'uses lot 999', expected: 'a lot of its account' }),
  ],
  [
    'a use by no entry',
    'lot-uses',
    setUse('entry_id'),
    ({ app, spent }) => [app, spent.id, 999],
    () => ({ broken: 'uses of entry 999 of "ada"', found: 'no entry', expected: 'an entry of its account' }),
  ],
  [
    'a use of another seq',
    'lot-uses',
    setUse('seq'),
    ({ app, spent }) => [app, spent.id, 7],
    ({ spent }) => ({ broken: named(spent), found: 'uses of seq 7', expected: 'uses of seq 3' }),
  ],
  [
    'a payment by a lot of another entry',
    'lot-uses',
    setLot('entry_id'),
    ({ app, bobs }) => [app, bobs, 999],
    ({ bought }) => ({
      broken: named(bought),
      found: 'payments of 3, 1 of them by another lot',
      expected: 'payments of 0 to 10, by the lots that it made',
    }),
  ],
  [
    'an account that forgot its lots',
    'lots-expire-on',
    setAccount('lots_expire_on'),
    ({ app }) => [app, 'ada', null],
    () => ({ broken: 'account "ada"', found: 'lots_expire_on none' }),
  ],
  [
    'an account that forgot when its lots expire',
    'lots-expire-on',
    setAccount('lots_expire_on'),
    ({ app }) => [app, 'ada', 'infinity'],
    () => ({
      broken: 'account "ada"',
      found: 'lots_expire_on infinity',
      expected: expect.stringMatching(/^lots_expire_on .* or earlier, when the first of its lots expires$/),
    }),
  ],
  [
    'an account that claims to have lots',
    'lots-expire-on',
    setAccount('lots_expire_on'),
    ({ app }) => [app, 'eve', 'infinity'],
    () => ({
      broken: 'account "eve"',
      found: 'lots_expire_on infinity',
      expected: 'lots_expire_on none, as it has no lots',
    }),
  ],
  [
    'lots without an account',
    'lots-expire-on',
    'DELETE FROM ledger.accounts WHERE book = $1 AND owner_id = $2',
    ({ app }) => [app, 'ada'],
    () => ({ broken: 'account "ada"', found: 'no account', expected: 'an account of the owner of 2 lots' }),
  ],
  [
    'a reservation of more than the hold',
    'reservations',
    'UPDATE ledger.lot_holds SET amount = $3 WHERE book = $1 AND hold_id = $2',
    ({ app, hold }) => [app, hold.id, 4],
    ({ hold }) => ({
      broken: `hold ${hold.id} of "ada"`,
      found: 'reserves 4',
      expected: 'at most 3, which it keeps',
    }),
  ],
  [
    'a reservation of more than the lot',
    'reservations',
    setLot('amount'),
    ({ app, promo }) => [app, promo, 2],
    ({ hold, promo }) => ({
      broken: `hold ${hold.id} of "ada"`,
      found: `reserves 3 of lot ${promo}`,
      expected: 'at most 2, which the lot had',
    }),
  ],
  [
    'a reservation of no lot',
    'reservations',
    'UPDATE ledger.lot_holds SET lot_id = $3 WHERE book = $1 AND hold_id = $2',
    ({ app, hold }) => [app, hold.id, 999],
    ({ hold }) => ({
      broken: `hold ${hold.id} of "ada"`,
      found: 'reserves of lot 999',
      expected: 'a lot of its account',
    }),
  ],
  [
    'a reservation by no hold',
    'reservations',
    'DELETE FROM ledger.holds WHERE book = $1 AND id = $2',
    ({ app, hold }) => [app, hold.id],
    ({ hold }) => ({
      broken: `hold ${hold.id} of "ada"`,
      found: 'no hold',
      expected: 'a hold of its account',
    }),
  ],
  [
    'an expiry of an app without lots',
    'operations',
    "UPDATE ledger.apps SET operations = array_remove(operations, 'CREDIT_VOIDED') WHERE app = $1",
    ({ app }) => [app],
    ({ gems }) => ({
      broken: expect.stringMatching(`of "ada" in ${gems}\\)$`),
      found: 'operation CREDIT_VOIDED',
    }),
  ],
]
