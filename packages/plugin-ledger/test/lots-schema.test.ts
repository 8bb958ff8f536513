import { readFile } from 'node:fs/promises'
import { createLedger, createPool } from '@shared-ledger/ledger'
import {
  findBreakingChanges,
  type GraphQLSchema,
  graphql,
  isInputObjectType,
  isObjectType,
  isUnionType,
  buildSchema as parseSchema,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { undescribed } from '../../../scripts/undescribed.ts'
import { allOperations, anyone, buildSchema } from './build-schema.ts'
import { guestOperations, shopOperations } from './open-lots.ts'

const pool = createPool('postgresql://nobody@127.0.0.1:1/none')
const shop = buildSchema(createLedger({ app: 'shop', operations: shopOperations, pool }))
const guest = buildSchema(createLedger({ app: 'guest', operations: guestOperations, pool }))
const plain = buildSchema(createLedger({ app: 'games', operations: allOperations, pool }))

/** Returns every type, field and input field of a graph, such as `Query.ledgerLots`. */
function partsOf(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => [
    type.name,
    ...(isObjectType(type) || isInputObjectType(type)
      ? Object.keys(type.getFields()).map((name) => `${type.name}.${name}`)
      : []),
  ])
}

const costsOf = (typeName: string) => {
  const type = shop.getType(typeName)
  return isObjectType(type)
    ? Object.fromEntries(
        Object.values(type.getFields()).flatMap(({ name, extensions }) =>
          extensions.cost ? [[name, extensions.cost]] : [],
        ),
      )
    : {}
}

describe('the graph', () => {
  test('of an app without lots does not speak of them', () => {
    const parts = partsOf(plain)
    expect(parts.filter((part) => /Lot|lot(?:s|Id)?$|xpiring/.test(part))).toEqual([])
    expect(parts.filter((part) => part.endsWith('.expiresOn')).sort()).toEqual([
      'LedgerHold.expiresOn',
      'ProlongHoldInput.expiresOn',
    ])
  })

  test('of an app with lots has what one without has, and says what everything is', async () => {
    const contract = parseSchema(await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8'))
    for (const schema of [shop, guest]) {
      expect(findBreakingChanges(contract, schema)).toEqual([])
      expect(undescribed(schema)).toEqual([])
    }
  })

  test('takes an expiry wherever an entry is posted, and not for what a hold takes', () => {
    const inputs = partsOf(shop).filter((part) => /Input\.expiresOn$/.test(part))
    expect(inputs.sort()).toEqual([
      ...['LedgerEntryInput.expiresOn', 'PostLedgerEntryInput.expiresOn', 'ProlongHoldInput.expiresOn'],
    ])
  })

  test('has the books of lots where the app has several', () => {
    expect(partsOf(guest)).toContain('LedgerLot.book')
    expect(partsOf(shop)).not.toContain('LedgerLot.book')
  })

  test('lists what a void can come to', () => {
    const result = shop.getType('VoidLotResult')
    expect(isUnionType(result) && result.getTypes().map(({ name }) => name)).toEqual([
      ...['ValidationError', 'InsufficientBalanceError', 'DuplicateNonceError', 'DuplicateHoldError'],
      ...['AccountStateError', 'NotFoundError', 'LotEndedError', 'VoidLotSuccess'],
    ])
  })
})

test('a form sees which lots an operation makes', async () => {
  const source = '{ ledgerOperations { name lot { days endOf needsExpiresOn priority kind } } }'
  const { data } = JSON.parse(
    JSON.stringify(await graphql({ schema: shop, source, contextValue: { principal: anyone } })),
  )
  const lots = Object.fromEntries(
    data.ledgerOperations.map(({ name, lot }: { name: string; lot: object }) => [name, lot]),
  )
  const terms = { days: null, endOf: null, needsExpiresOn: false, priority: 50, kind: 'PAID' }
  expect(lots).toMatchObject({
    CREDIT_ADD: null,
    CREDIT_EXPIRED: null,
    SPENT: null,
    BOUGHT: terms,
    PROMO: { ...terms, days: 30, kind: 'PROMOTIONAL' },
    MONTHLY: { ...terms, endOf: 'MONTH' },
    GIFT: { ...terms, needsExpiresOn: true, priority: 10 },
  })
})

test('each list of lots has the cost of its query and its length', () => {
  expect(costsOf('Query')).toMatchObject({ ledgerLots: { weight: 500 } })
  expect(costsOf('Query')).toMatchObject({
    ledgerLotSummary: { weight: 10_000, size: expect.any(Function) },
  })
  expect(costsOf('LedgerLot')).toMatchObject({ uses: { weight: 500 }, entry: { weight: 20 } })
  expect(costsOf('LedgerLotUse')).toMatchObject({ lot: { weight: 20 }, entry: { weight: 20 } })
  expect(costsOf('LedgerBalance')).toMatchObject({
    expiring: { weight: 20 },
    lots: { weight: 20, size: 100 },
  })
  expect(costsOf('LedgerEntry')).toMatchObject({ lots: { weight: 20, size: 100 } })
})
