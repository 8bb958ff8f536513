// Two apps, each with its own database role, and lots in a book that they share.
import { provisionApp, roleOf, withLogin } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, afterEach, expect, test } from 'vitest'
import {
  createLedger,
  createPool,
  defineOperations,
  lotOperations,
  sharedOperations,
} from '../../src/index.ts'
import { verifyLedger } from '../../src/verify/verify.ts'
import { declare, given, makeBooks } from '../books/stage.ts'
import { brokenBooks, stopClockAt } from '../open-ledger.ts'

const database = await createTestDatabase()
const sql = new pg.Client({ connectionString: database.directUrl })
await sql.connect()
// Roles belong to the whole server, which other tests share.
const mark = crypto.randomUUID().slice(0, 8)
const [shop, cafe, book] = [`shop_${mark}`, `cafe_${mark}`, `points_${mark}`]
await makeBooks(sql, shop, { [book]: [cafe] })
const credits = { min: 1, max: 1000 } as const
const operations = {
  shop: defineOperations({
    ...sharedOperations,
    ...lotOperations,
    POINTS_BOUGHT: { amount: credits, book, lot: { expires: null } },
    POINTS_GIVEN: { amount: credits, book, lot: { expires: { days: 30 }, kind: 'promotional' } },
    POINTS_SPENT: { amount: { min: -1000, max: -1 }, book },
  }),
  cafe: defineOperations({
    ...sharedOperations,
    ...lotOperations,
    STAMPS_GIVEN: { amount: credits, book, lot: { expires: { days: 10 }, kind: 'promotional' } },
    COFFEE: { amount: { min: -1000, max: -1 }, book },
  }),
}
async function open<Ops extends (typeof operations)[keyof typeof operations]>(app: string, ops: Ops) {
  await declare(sql, app, ops)
  const password = crypto.randomUUID()
  await provisionApp(sql, { app, password, connections: 50 })
  const pool = createPool(withLogin(database.directUrl, { user: roleOf(app), password }))
  const ledger = createLedger({ app, operations: ops, pool })
  // A second one stands for another process: it has its own batches.
  const other = createLedger({ app, operations: ops, pool })
  const close = () => Promise.all([ledger.close(), other.close()]).then(() => pool.end())
  return { app, ledger, processes: [ledger, other] as const, close }
}
const ofShop = await open(shop, operations.shop)
const ofCafe = await open(cafe, operations.cafe)
afterEach(async () => {
  expect(await brokenBooks(sql)).toEqual([])
  expect((await verifyLedger(sql, { apps: [shop, cafe] })).broken).toEqual([])
})
afterAll(async () => {
  await ofShop.close()
  await ofCafe.close()
  const roles = [shop, cafe].map(roleOf).join(', ')
  await sql.query(`DROP OWNED BY ${roles} CASCADE; DROP ROLE ${roles}`)
  await sql.end()
  expect(await database.deadlocks()).toBe(0)
  await database.drop()
})

const inBook = { book }
let nonces = 0
const nonce = () => `n ${++nonces}`
const entriesOf = async (ownerId: string) => {
  const { rows } = await sql.query<{ line: string }>(
    `SELECT split_part(app, '_', 1) || ' ' || operation || ' ' || amount AS line
       FROM ledger.entries WHERE book = $1 AND owner_id = $2 ORDER BY seq`,
    [book, ownerId],
  )
  return rows.map(({ line }) => line)
}

test('one balance, spent in one order, whoever spends it', async () => {
  await stopClockAt(sql, '2026-11-10T00:00:00Z')
  const ann = { ownerId: 'ann' }
  given(await ofShop.ledger.postEntry({ ...ann, operation: 'POINTS_BOUGHT', amount: 5, nonce: nonce() }))
  given(await ofShop.ledger.postEntry({ ...ann, operation: 'POINTS_GIVEN', amount: 4, nonce: nonce() }))
  given(await ofCafe.ledger.postEntry({ ...ann, operation: 'STAMPS_GIVEN', amount: 3, nonce: nonce() }))
  const coffee = given(
    await ofCafe.ledger.postEntry({ ...ann, operation: 'COFFEE', amount: 5, nonce: nonce() }),
  )
  const left = (await ofShop.ledger.liveLots('ann', inBook)).map(({ app, rest }) => [app, rest])
  expect(left).toEqual([
    [shop, 2],
    [shop, 5],
  ])
  expect(await ofCafe.ledger.liveLots('ann', inBook)).toEqual(await ofShop.ledger.liveLots('ann', inBook))
  given(await ofCafe.ledger.refundEntry({ id: coffee.entry.id, amount: 5, nonce: nonce() }))
  expect(await ofShop.ledger.refundEntry({ id: coffee.entry.id, amount: 1, nonce: nonce() })).toMatchObject({
    error: { code: 'ENTRY_NOT_FOUND' },
  })
  expect(await ofCafe.ledger.balance('ann', inBook)).toMatchObject({ amount: 12 })
})

test('an expiry belongs to the app that made the lot, whoever settles it', async () => {
  await stopClockAt(sql, '2026-11-10T00:00:00Z')
  const bob = { ownerId: 'bob' }
  given(await ofShop.ledger.postEntry({ ...bob, operation: 'POINTS_GIVEN', amount: 4, nonce: nonce() }))
  given(await ofCafe.ledger.postEntry({ ...bob, operation: 'STAMPS_GIVEN', amount: 3, nonce: nonce() }))
  await stopClockAt(sql, '2026-12-31T00:00:00Z')
  expect(await ofCafe.ledger.balance('bob', inBook)).toMatchObject({ amount: 0, available: 0 })
  given(await ofCafe.ledger.postEntry({ ...bob, operation: 'STAMPS_GIVEN', amount: 1, nonce: nonce() }))
  expect(await entriesOf('bob')).toEqual([
    'shop POINTS_GIVEN 4',
    'cafe STAMPS_GIVEN 3',
    'cafe CREDIT_EXPIRED -3',
    'shop CREDIT_EXPIRED -4',
    'cafe STAMPS_GIVEN 1',
  ])
  const shops = await ofShop.ledger.entries({ ownerId: 'bob', book })
  expect(shops.edges.map(({ node }) => node.operationName)).toEqual(['CREDIT_EXPIRED', 'POINTS_GIVEN'])
})

test('an app voids its own lots alone', async () => {
  await stopClockAt(sql, '2026-11-10T00:00:00Z')
  const cy = { ownerId: 'cy' }
  given(await ofShop.ledger.postEntry({ ...cy, operation: 'POINTS_GIVEN', amount: 4, nonce: nonce() }))
  const [lot] = await ofCafe.ledger.liveLots('cy', inBook)
  const request = { id: lot?.id ?? '', nonce: nonce(), metadata: { reason: 'fraud' } }
  expect(await ofCafe.ledger.voidLot(request)).toMatchObject({ error: { code: 'LOT_NOT_FOUND' } })
  expect(await ofCafe.ledger.lot(request.id)).toBeNull()
  given(await ofShop.ledger.voidLot(request))
  expect(await entriesOf('cy')).toEqual(['shop POINTS_GIVEN 4', 'shop CREDIT_VOIDED -4'])
})

test('spends of both apps at once, across an expiry: never more than there is', {
  timeout: 300_000,
}, async () => {
  for (let round = 0; round < 20; round += 1) {
    const ownerId = `race ${round}`
    await stopClockAt(sql, '2026-11-10T00:00:00Z')
    given(await ofShop.ledger.postEntry({ ownerId, operation: 'POINTS_BOUGHT', amount: 6, nonce: nonce() }))
    given(await ofCafe.ledger.postEntry({ ownerId, operation: 'STAMPS_GIVEN', amount: 4, nonce: nonce() }))
    await stopClockAt(sql, '2026-11-19T23:59:59.990Z')
    const spends = Array.from({ length: 50 }, async (_, n) => {
      if (n === 25) await stopClockAt(sql, '2026-11-20T00:00:00Z')
      const result =
        n % 2 === 0
          ? await ofShop.processes[(n / 2) % 2 === 0 ? 0 : 1].postEntry({
              ...{ ownerId, operation: 'POINTS_SPENT', amount: 1, nonce: nonce() },
            })
          : await ofCafe.processes[((n - 1) / 2) % 2 === 0 ? 0 : 1].postEntry({
              ...{ ownerId, operation: 'COFFEE', amount: 1, nonce: nonce() },
            })
      return result.ok ? 1 : result.error.code
    })
    const outcomes = await Promise.all(spends)
    const spent = outcomes.filter((outcome) => outcome === 1).length
    const expired = (await entriesOf(ownerId))
      .filter((line) => line.includes('CREDIT_EXPIRED'))
      .reduce((sum, line) => sum - Number(line.split(' ')[2]), 0)
    expect([...new Set(outcomes)].filter((outcome) => outcome !== 1)).toEqual(['INSUFFICIENT_BALANCE'])
    expect(spent + expired).toBe(10)
    expect(expired).toBeLessThanOrEqual(4)
  }
})
