import { expectTypeOf, test } from 'vitest'
import {
  type BookOf,
  createLedger,
  createPool,
  defineOperations,
  type Ledger,
  type Operations,
  sharedOperations,
} from '../src/index.ts'

const pool = createPool('postgresql://nobody@127.0.0.1:1/none')
const gems = defineOperations({
  ...sharedOperations,
  GEM_GRANT: { amount: { min: 1, max: 100 }, book: 'gems' },
  MEAL: { amount: -5, book: 'food_court' },
})
const plain = defineOperations({ ...sharedOperations, MEAL: { amount: -5 } })

const times = { from: new Date(), to: new Date(), per: 'DAY' } as const

test('the books of an app are its own and those that its operations name', () => {
  expectTypeOf<BookOf<typeof gems, 'game'>>().toEqualTypeOf<'game' | 'gems' | 'food_court'>()
  expectTypeOf<BookOf<typeof plain, 'game'>>().toEqualTypeOf<'game'>()
})

test("reads and overdrafts take the app's books", () => {
  const ledger = createLedger({ app: 'game', operations: gems, pool })
  void (() => [
    ledger.balance('ann'),
    ledger.balance('ann', { book: 'gems' }),
    ledger.balance('ann', { book: 'food_court' }),
    ledger.balance('ann', { book: 'game' }),
    ledger.balance('ann', { book: null }),
    ledger.balance('ann', { book: undefined }),
    ledger.balanceAt('ann', new Date(), { book: 'gems' }),
    ledger.entryByNonce('ann', 'n', { book: 'gems' }),
    ledger.entries({ ownerId: 'ann', book: 'gems' }),
    ledger.accountEntries({ ownerId: 'ann', book: 'gems' }),
    ledger.holds('ann', { book: 'gems' }),
    ledger.summary({ ...times, book: 'gems' }),
    ledger.accounts({ book: 'gems' }),
    ledger.postedEntries('ann', { book: 'gems' }),
    ledger.setOverdraft({ ownerId: 'ann', book: 'gems', limit: 1 }),
  ])
})

test("reads and overdrafts take no other app's book", () => {
  const ledger = createLedger({ app: 'game', operations: gems, pool })
  void (() => [
    // @ts-expect-error the app has no book coins
    ledger.balance('ann', { book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.balanceAt('ann', new Date(), { book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.entryByNonce('ann', 'n', { book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.entries({ ownerId: 'ann', book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.accountEntries({ ownerId: 'ann', book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.holds('ann', { book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.summary({ ...times, book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.accounts({ book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.postedEntries('ann', { book: 'coins' }),
    // @ts-expect-error the app has no book coins
    ledger.setOverdraft({ ownerId: 'ann', book: 'coins', limit: 1 }),
    // @ts-expect-error a book has a name
    ledger.balance('ann', { book: 1 }),
  ])
})

test('an app with one book takes its name, and no other', () => {
  const ledger = createLedger({ app: 'game', operations: plain, pool })
  void (() => [
    ledger.balance('ann', { book: 'game' }),
    // @ts-expect-error the app has no book gems
    ledger.balance('ann', { book: 'gems' }),
  ])
})

test("a ledger's type without the app's name takes the books that its operations name", () => {
  const spend = (ledger: Ledger<typeof gems>) => [
    ledger.balance('ann', { book: 'gems' }),
    // @ts-expect-error the type does not know the app
    ledger.balance('ann', { book: 'game' }),
    // @ts-expect-error the app has no book coins
    ledger.setOverdraft({ ownerId: 'ann', book: 'coins', limit: 1 }),
  ]
  const named = (ledger: Ledger<typeof gems, 'game'>) => ledger.balance('ann', { book: 'game' })
  const ledger = createLedger({ app: 'game', operations: gems, pool })
  void (() => [spend(ledger), named(ledger)])
})

test('a ledger whose app is any text takes any book, and is taken for a ledger of any app', () => {
  const app: string = 'game'
  const ledger = createLedger({ app, operations: gems, pool })
  const named = (of: Ledger<typeof gems, 'game'>) => of.app
  void (() => [ledger.balance('ann', { book: app }), named(ledger)])
  expectTypeOf<Parameters<Ledger<Operations, string>['balance']>[1]>().toEqualTypeOf<
    { readonly book?: string | null | undefined } | undefined
  >()
})

test('a shared operation has the book of the app', () => {
  const { DAILY_REWARD } = sharedOperations
  void (() => {
    // @ts-expect-error shared operation changed by more than a narrower range, a limit or a lot: DAILY_REWARD
    defineOperations({ ...sharedOperations, DAILY_REWARD: { ...DAILY_REWARD, book: 'gems' } })
  })
})
