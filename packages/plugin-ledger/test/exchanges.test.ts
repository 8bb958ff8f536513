import { readFile } from 'node:fs/promises'
import {
  createLedger,
  defineOperations,
  type Principal,
  type Scope,
  sharedOperations,
} from '@shared-ledger/ledger'
import { findBreakingChanges, graphql, isEnumType, buildSchema as parseSchema } from 'graphql'
import { expect, test } from 'vitest'
import { undescribed } from '../../../scripts/undescribed.ts'
import { anyone, buildSchema } from './build-schema.ts'
import { openGames } from './open-games.ts'

const operations = defineOperations({
  ...sharedOperations,
  GEMS_PAID: {
    amount: { min: -1000, max: -1 },
    exchange: { into: 'GEMS_BOUGHT', rate: { give: 5, get: 2 } },
    description: 'Credits for gems.',
  },
  GEMS_BOUGHT: { amount: { min: 1, max: 400 }, book: 'gems' },
  GEMS_SOLD: {
    amount: { min: -400, max: -1 },
    book: 'gems',
    scope: 'admin',
    exchange: { into: 'GEMS_RETURNED', rate: { give: 1, get: 2 } },
  },
  GEMS_RETURNED: { amount: { min: 1, max: 1000 } },
  GEMS_OLD: {
    amount: { min: -9, max: -1 },
    book: 'gems',
    retired: true,
    exchange: { into: 'CREDITS_OLD', rate: { give: 1, get: 1 } },
  },
  CREDITS_OLD: { amount: { min: 1, max: 9 }, retired: true },
})

const { pool, sql } = await openGames()
await sql.query("SELECT ledger.make_book('games', 'gems')")
await sql.query('SELECT ledger.set_operations($1, $2, retired => $3, books => $4)', [
  'games',
  [...Object.keys(operations), 'TRANSFER_OUT', 'TRANSFER_IN'],
  ['GEMS_OLD', 'CREDITS_OLD'],
  { GEMS_BOUGHT: 'gems', GEMS_SOLD: 'gems', GEMS_OLD: 'gems' },
])
const ledger = createLedger({ app: 'games', operations, pool })
const schema = buildSchema(ledger)

const ask = async (source: string, principal: Principal = anyone) =>
  JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: { principal } })))
const give = (ownerId: string, amount: number) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: crypto.randomUUID() })
const exchange = (input: string, principal?: Principal) =>
  ask(
    `mutation { it: exchangeCredits(input: { ${input} nonce: "${crypto.randomUUID()}" }) {
      __typename ... on Error { code } ... on ValidationError { errors { field message } }
      ... on InsufficientBalanceError { entryIndex balance { book amount } }
      ... on ExchangeCreditsSuccess { transaction { entries { id book operation amount balanceAfter } } balances { id book amount } } } }`,
    principal,
  )

test('the graph of an app with exchanges has them, and is a superset of the contract', async () => {
  const type = schema.getType('LedgerExchange')
  expect(isEnumType(type) && type.getValues().map(({ name }) => name)).toEqual(['GEMS_PAID', 'GEMS_SOLD'])
  const contract = parseSchema(await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8'))
  expect(findBreakingChanges(contract, schema)).toEqual([])
  expect(undescribed(schema)).toEqual([])
})

test('a form sees what an owner gets', async () => {
  const { data } = await ask('{ ledgerOperations { name exchange { into give get } } }')
  expect(data.ledgerOperations.slice(3, 7)).toEqual([
    { name: 'CREDIT_ADD', exchange: null },
    { name: 'GEMS_PAID', exchange: { into: 'GEMS_BOUGHT', give: 5, get: 2 } },
    { name: 'GEMS_BOUGHT', exchange: null },
    { name: 'GEMS_SOLD', exchange: { into: 'GEMS_RETURNED', give: 1, get: 2 } },
  ])
})

test('an exchange posts two entries of an owner, in two books', async () => {
  await give('ann', 20)
  const { data } = await exchange('ownerId: "ann", operation: GEMS_PAID, amount: 15')
  expect(data.it).toMatchObject({
    transaction: {
      entries: [
        { book: 'GAMES', operation: 'GEMS_PAID', amount: -15, balanceAfter: 5 },
        { book: 'GEMS', operation: 'GEMS_BOUGHT', amount: 6, balanceAfter: 6 },
      ],
    },
    balances: [
      { book: 'GAMES', amount: 5 },
      { book: 'GEMS', amount: 6 },
    ],
  })
  const ids = data.it.balances.map(({ id }: { id: string }) => id)
  const read = await ask(
    '{ own: balance(ownerId: "ann") { id } gems: balance(ownerId: "ann", book: GEMS) { id } }',
  )
  expect([read.data.own.id, read.data.gems.id]).toEqual(ids)
})

test('an exchange that does not divide, or without the credits, is refused', async () => {
  await give('bob', 9)
  expect((await exchange('ownerId: "bob", operation: GEMS_PAID, amount: 7')).data.it).toMatchObject({
    errors: [{ field: 'amount', message: 'must be a multiple of 5' }],
  })
  expect((await exchange('ownerId: "bob", operation: GEMS_PAID, amount: 10')).data.it).toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
    entryIndex: 0,
    balance: { book: 'GAMES', amount: 9 },
  })
  for (const operation of ['GEMS_OLD', 'GEMS_BOUGHT', 'CREDIT_SPEND', '"GEMS_PAID"']) {
    const { errors } = await exchange(`ownerId: "bob", operation: ${operation}, amount: 5`)
    expect(errors[0].message).toContain('LedgerExchange')
  }
})

test('its operations are posted by nothing else', async () => {
  await give('cy', 50)
  for (const operation of ['GEMS_PAID', 'GEMS_BOUGHT']) {
    const entry = `ownerId: "cy", operation: ${operation}, amount: 5`
    const { data } = await ask(`mutation {
      one: postLedgerEntry(input: { ${entry}, nonce: "1" }) { ... on Error { code } }
      all: postLedgerTransaction(input: { entries: [{ ${entry} }], nonce: "2" }) { ... on Error { code } }
      held: holdCredits(input: { ${entry}, nonce: "3", expiresIn: 60 }) { ... on Error { code } } }`)
    expect(data).toEqual({
      one: { code: 'VALIDATION_ERROR' },
      all: { code: 'VALIDATION_ERROR' },
      held: { code: 'VALIDATION_ERROR' },
    })
  }
})

test('a dry run writes nothing', async () => {
  await give('dry', 5)
  const { data } = await exchange('ownerId: "dry", operation: GEMS_PAID, amount: 5, dryRun: true')
  expect(data.it.balances).toMatchObject([{ amount: 0 }, { amount: 2 }])
  expect(data.it.transaction.entries[0].id).toMatch(/^dry-run:/)
  expect(await ledger.balance('dry')).toMatchObject({ amount: 5 })
  expect(await ledger.balance('dry', { book: 'gems' })).toMatchObject({ amount: 0 })
})

test('it needs the scope post, and the scope of its operations, and no owner may', async () => {
  await give('eve', 50)
  const as = (...scopes: Scope[]): Principal => ({ name: 'service', scopes })
  const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code
  const buy = 'ownerId: "eve", operation: GEMS_PAID, amount: 5'
  const sell = 'ownerId: "eve", operation: GEMS_SOLD, amount: 1'
  for (const principal of [as('read', 'correct', 'admin'), as(), { name: 'eve', owner: 'eve' }]) {
    expect(codeOf(await exchange(buy, principal))).toBe('FORBIDDEN')
  }
  expect((await exchange(buy, as('post'))).data.it.__typename).toBe('ExchangeCreditsSuccess')
  expect(codeOf(await exchange(sell, as('post')))).toBe('FORBIDDEN')
  expect((await exchange(sell, as('post', 'admin'))).data.it.__typename).toBe('ExchangeCreditsSuccess')
})
