import {
  accountOperations,
  createLedger,
  defineOperations,
  type Principal,
  type Scope,
  sharedOperations,
} from '@shared-ledger/ledger'
import { graphql } from 'graphql'
import { expect, test } from 'vitest'
import { anyone, buildSchema } from './build-schema.ts'
import { openGames } from './open-games.ts'

const operations = defineOperations({
  ...sharedOperations,
  ...accountOperations,
  CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, limit: { credits: 100, per: 'day', anchored: true } },
  DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, limit: { times: 2, per: 'day' } },
})

const { pool, sql } = await openGames()
await sql.query('SELECT ledger.set_operations($1, $2)', [
  'games',
  [...Object.keys(operations), 'TRANSFER_OUT', 'TRANSFER_IN'],
])
const schema = buildSchema(createLedger({ app: 'games', operations, pool }))
const ask = async (source: string, principal: Principal = anyone) =>
  JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: { principal } })))

const member = `__typename ... on Error { code } ... on ValidationError { errors { field } }
  ... on AccountStateError { entryIndex balance { id amount state } }
  ... on LimitReachedError { operation nextOn }
  ... on PostLedgerEntrySuccess { entry { operation amount metadata } balance { id amount available state } }`
const reason = 'metadata: { reason: "chargeback 17" }'
const post = async (ownerId: string, operation: string, more = '', principal?: Principal) => {
  const input = `ownerId: "${ownerId}", operation: ${operation}, nonce: "${crypto.randomUUID()}" ${more}`
  return ask(`mutation { it: postLedgerEntry(input: { ${input} }) { ${member} } }`, principal)
}
const as = (...scopes: Scope[]): Principal => ({ name: 'service', scopes })

test('an account is frozen, refuses with its state, and is opened again', async () => {
  await post('ann', 'CREDIT_ADD')
  const frozen = await post('ann', 'ACCOUNT_FROZEN', reason)
  expect(frozen.data.it).toMatchObject({
    entry: { operation: 'ACCOUNT_FROZEN', amount: 0, metadata: { reason: 'chargeback 17' } },
    balance: { amount: 10, state: 'FROZEN' },
  })
  const { id } = frozen.data.it.balance
  for (const operation of ['CREDIT_SPEND', 'CREDIT_ADD']) {
    expect((await post('ann', operation)).data.it).toEqual({
      __typename: 'AccountStateError',
      code: 'ACCOUNT_FROZEN',
      entryIndex: 0,
      balance: { id, amount: 10, state: 'FROZEN' },
    })
  }
  const set = await ask(
    `mutation { it: setOverdraft(input: { ownerId: "ann", limit: 1 }) { __typename ... on Error { code } } }`,
  )
  expect(set.data.it).toEqual({ __typename: 'AccountStateError', code: 'ACCOUNT_FROZEN' })
  const read = await ask(
    '{ balance(ownerId: "ann") { state } past: balance(ownerId: "ann", asOf: "2090-01-01T00:00:00Z") { state } }',
    {
      name: 'ann',
      owner: 'ann',
    },
  )
  expect(read.data).toEqual({ balance: { state: 'FROZEN' }, past: { state: null } })
  expect((await post('ann', 'ACCOUNT_OPENED', reason)).data.it.balance.state).toBe('OPEN')
  expect((await post('ann', 'CREDIT_SPEND')).data.it.balance).toMatchObject({ amount: 9, state: 'OPEN' })
})

test('only an empty account is closed', async () => {
  await post('full', 'CREDIT_ADD')
  expect((await post('full', 'ACCOUNT_CLOSED', reason)).data.it).toMatchObject({
    code: 'ACCOUNT_NOT_EMPTY',
    balance: { amount: 10, state: 'OPEN' },
  })
  expect((await post('new', 'ACCOUNT_CLOSED', reason)).data.it.balance.state).toBe('CLOSED')
  expect((await post('new', 'CREDIT_ADD')).data.it).toMatchObject({ code: 'ACCOUNT_CLOSED' })
})

test('a state needs a reason, and the scopes post and admin', async () => {
  expect((await post('bob', 'SPENDING_FROZEN')).data.it).toMatchObject({
    __typename: 'ValidationError',
    errors: [{ field: 'metadata.reason' }],
  })
  const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code
  for (const principal of [as('post'), as('admin', 'read', 'correct'), { name: 'bob', owner: 'bob' }]) {
    expect(codeOf(await post('bob', 'SPENDING_FROZEN', reason, principal))).toBe('FORBIDDEN')
  }
  expect((await post('bob', 'SPENDING_FROZEN', reason, as('post', 'admin'))).data.it.balance.state).toBe(
    'SPENDING_FROZEN',
  )
})

test('a dry run changes no state', async () => {
  expect((await post('dry', 'ACCOUNT_FROZEN', `${reason}, dryRun: true`)).data.it.balance.state).toBe(
    'FROZEN',
  )
  expect((await ask('{ balance(ownerId: "dry") { state } }')).data.balance.state).toBe('OPEN')
})

test('a limit of credits is refused with the moment from which the next one is possible', async () => {
  await post('saver', 'CREDIT_ADD', ', amount: 95')
  const refused = (await post('saver', 'CREDIT_ADD', ', amount: 6')).data.it
  expect(refused).toMatchObject({ code: 'LIMIT_REACHED', operation: 'CREDIT_ADD' })
  expect(Date.parse(refused.nextOn) - Date.now()).toBeGreaterThan(23 * 3_600_000)
  expect((await post('saver', 'CREDIT_ADD', ', amount: 5')).data.it.balance.amount).toBe(100)
  const { data } = await ask('{ ledgerOperations { name limit { times credits per anchored } } }')
  expect(data.ledgerOperations.filter(({ limit }: { limit: object | null }) => limit)).toEqual([
    { name: 'DAILY_REWARD', limit: { times: 2, credits: null, per: 'DAY', anchored: false } },
    { name: 'CREDIT_ADD', limit: { times: null, credits: 100, per: 'DAY', anchored: true } },
  ])
})

test('a form sees in which state an operation puts the account', async () => {
  const { data } = await ask('{ ledgerOperations { name state } }')
  expect(data.ledgerOperations.filter(({ state }: { state: string | null }) => state !== null)).toEqual([
    { name: 'ACCOUNT_OPENED', state: 'OPEN' },
    { name: 'SPENDING_FROZEN', state: 'SPENDING_FROZEN' },
    { name: 'ACCOUNT_FROZEN', state: 'FROZEN' },
    { name: 'ACCOUNT_CLOSED', state: 'CLOSED' },
  ])
})
