import { createLedger, defineOperations } from '../../src/index.ts'
import { operations as lotsOfEachKind } from '../lots/stage.ts'
import { intruder, ok, pool, sql, unprotect } from './seed.ts'

await intruder.query(`
  ALTER TABLE ledger.lots DROP CONSTRAINT lots_rest;
  ALTER TABLE ledger.lot_uses DROP CONSTRAINT lot_uses_amount`)

let apps = 0

/** Makes an app with lots of ada and bob, in its own book and in another one. eve has none. */
export async function seedLots() {
  apps += 1
  const [app, gems] = [`lots_${apps}`, `lot_gems_${apps}`]
  const operations = defineOperations({
    ...lotsOfEachKind,
    GEM_GIFT: { amount: { min: 1, max: 100 }, lot: { expires: null }, book: gems },
  })
  const declare = 'SELECT ledger.set_operations($1, $2, books => $3)'
  const names = Object.keys(operations)
  await sql.query(declare, [app, names.filter((name) => name !== 'GEM_GIFT'), {}])
  await sql.query('SELECT ledger.make_book($1, $2)', [app, gems])
  await sql.query(declare, [app, names, { GEM_GIFT: gems }])
  const ledger = createLedger({ app, operations, pool })
  let nonces = 0
  const post = async (ownerId: string, operation: keyof typeof operations, amount: number) =>
    ok(await ledger.postEntry({ ownerId, operation, amount, nonce: `n ${++nonces}` })).entry

  await post('ada', 'CREDIT_ADD', 2)
  await post('ada', 'PROMO', 10)
  const spent = await post('ada', 'SPENT', 4)
  const kept = { ownerId: 'ada', operation: 'SPENT', amount: 3, nonce: 'hold', expiresIn: 3600 } as const
  const { hold } = ok(await ledger.holdCredits(kept))
  await ledger.setOverdraft({ ownerId: 'bob', limit: 5 })
  await post('bob', 'SPENT', 3)
  const bought = await post('bob', 'BOUGHT', 10)
  await post('eve', 'CREDIT_ADD', 1)
  await post('ada', 'GEM_GIFT', 6)
  const [gift] = await ledger.liveLots('ada', { book: gems })
  ok(await ledger.voidLot({ id: gift?.id ?? '', nonce: 'void', metadata: { reason: 'test' } }))
  const [promo, opening] = await ledger.liveLots('ada')
  const [bobs] = await ledger.liveLots('bob')
  await ledger.close()
  await unprotect(app)
  return { app, gems, spent, bought, hold, promo: promo?.id, opening: opening?.id, bobs: bobs?.id }
}

export type LotsSeed = Awaited<ReturnType<typeof seedLots>>
