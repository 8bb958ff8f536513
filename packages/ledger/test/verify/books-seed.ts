import { createLedger, defineOperations, type Operations, sharedOperations } from '../../src/index.ts'
import { ok, pool, sql, unprotect } from './seed.ts'

let pairs = 0

/**
 * Makes an app with another book, and a second app that shares both of its books. Both post to ada's two accounts, with the
 * same nonces, and exchange, hold, capture, reverse and refund.
 */
export async function seedBooks() {
  pairs += 1
  const [maker, guest, gems] = [`maker_${pairs}`, `guest_${pairs}`, `gems_${pairs}`]
  const gain = { amount: { min: 1, max: 100 } } as const
  const spend = { amount: { min: -100, max: -1 } } as const
  const makers = defineOperations({
    ...sharedOperations,
    GEM_GAIN: { ...gain, book: gems },
    GEM_SPEND: { ...spend, book: gems },
    GEM_SALE: { ...spend, exchange: { into: 'GEM_PURCHASE', rate: { give: 2, get: 1 } } },
    GEM_PURCHASE: { ...gain, book: gems },
  })
  const guests = defineOperations({
    ...sharedOperations,
    GIFT: { ...gain, book: maker },
    MEAL: { ...spend, book: maker },
    TIP: { ...spend, book: gems },
  })
  const declare = (app: string, operations: Operations) =>
    sql.query('SELECT ledger.set_operations($1, $2, books => $3)', [
      app,
      Object.keys(operations),
      Object.fromEntries(
        Object.entries(operations).flatMap(([name, { book }]) => (book ? [[name, book]] : [])),
      ),
    ])
  await sql.query('SELECT ledger.make_book($1, $2)', [maker, gems])
  await declare(maker, makers)
  for (const book of [maker, gems]) {
    await sql.query('SELECT ledger.share_book($1, $2, $3)', [maker, book, [guest]])
  }
  await declare(guest, guests)

  const ofMaker = createLedger({ app: maker, operations: makers, pool })
  const ofGuest = createLedger({ app: guest, operations: guests, pool })
  const ada = { ownerId: 'ada' } as const
  const added = ok(
    await ofMaker.postEntry({ ...ada, operation: 'CREDIT_ADD', amount: 50, nonce: 'one' }),
  ).entry
  const meal = ok(await ofGuest.postEntry({ ...ada, operation: 'MEAL', amount: 5, nonce: 'one' })).entry
  const spent = ok(
    await ofMaker.postEntry({ ...ada, operation: 'CREDIT_SPEND', amount: 4, nonce: 'two' }),
  ).entry
  const gift = ok(await ofGuest.postEntry({ ...ada, operation: 'GIFT', amount: 9, nonce: 'two' })).entry
  const gained = ok(
    await ofMaker.postEntry({ ...ada, operation: 'GEM_GAIN', amount: 30, nonce: 'one' }),
  ).entry
  const tip = ok(await ofGuest.postEntry({ ...ada, operation: 'TIP', amount: 3, nonce: 'one' })).entry
  const sale = ok(
    await ofMaker.exchange({ ...ada, operation: 'GEM_SALE', amount: 8, nonce: 'sale' }),
  ).transaction
  const held = ok(
    await ofGuest.holdCredits({ ...ada, operation: 'MEAL', amount: 6, nonce: 'held', expiresIn: 3600 }),
  ).hold
  const captured = ok(
    await ofGuest.holdCredits({ ...ada, operation: 'TIP', amount: 2, nonce: 'captured', expiresIn: 3600 }),
  ).hold
  const capture = ok(await ofGuest.captureHold({ id: captured.id, nonce: 'capture' })).entry
  const refund = ok(await ofGuest.refundEntry({ id: meal.id, amount: 1, nonce: 'refund' })).entry
  const undo = ok(await ofGuest.reverseTransaction({ id: gift.transactionId, nonce: 'undo' })).transaction
  ok(await ofGuest.postEntry({ ...ada, operation: 'CREDIT_ADD', amount: 7, nonce: 'one' }))
  const last = ok(await ofMaker.postEntry({ ...ada, operation: 'GEM_SPEND', amount: 1, nonce: 'last' })).entry
  for (const app of [maker, guest]) await unprotect(app)
  return {
    ...{ maker, guest, gems, ofMaker, ofGuest },
    ...{ added, meal, spent, gift, gained, tip, sale, held, captured, capture, refund, undo, last },
  }
}

export type BooksSeed = Awaited<ReturnType<typeof seedBooks>>
