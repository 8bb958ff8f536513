import { accountOperations, createLedger, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { afterAll, expect, test } from 'vitest'
import { openGames } from '../../plugin-ledger/test/open-games.ts'
import { appOf } from './ledger-app.ts'

const { sql, pool } = await openGames()
const operations = defineOperations({
  ...sharedOperations,
  ...accountOperations,
  CREDIT_SPEND: { ...sharedOperations.CREDIT_SPEND, limit: { credits: 500, per: 'day', anchored: true } },
})
await sql.query(`SELECT ledger.set_operations('games', $1)`, [Object.keys(operations)])
const ledger = createLedger({ app: 'games', operations, pool })
afterAll(() => ledger.close())
const { enter, get, post, send } = appOf('games', ledger)

const metadata = { reason: 'chargeback 17' }

test('an account is frozen by an entry with a reason, and says so', async () => {
  await enter('ann', 'CREDIT_ADD', 10)
  const freeze = { owner_id: 'ann', operation: 'SPENDING_FROZEN', nonce: 'f' }
  expect((await post('/ledger', freeze)).json).toMatchObject({
    status: 422,
    errors: [{ field: 'metadata.reason', message: 'is required: why SPENDING_FROZEN is posted' }],
  })
  const { status, json } = await post('/ledger', { ...freeze, metadata })
  expect([status, json]).toMatchObject([200, { entry: { amount: 0, metadata }, balance: 10 }])
  const spend = { owner_id: 'ann', operation: 'CREDIT_SPEND', amount: 1 }
  const refused = {
    type: '/problems/account-frozen',
    title: 'Account frozen',
    status: 409,
    detail: 'The account of ann is frozen: it takes no such entry until it is opened again.',
    code: 'ACCOUNT_FROZEN',
    entry_index: 0,
    owner_id: 'ann',
    balance: 10,
    state: 'spending_frozen',
  }
  expect((await post('/ledger', { ...spend, nonce: 's' })).json).toEqual(refused)
  expect((await post('/ledger/transactions', { entries: [spend], nonce: 's' })).json).toEqual(refused)
  expect((await post('/ledger/batch', { entries: [{ ...spend, nonce: 's' }] })).json).toEqual({
    results: [refused],
  })
  expect((await post('/ledger/holds', { ...spend, nonce: 's', expires_in: 60 })).json).toEqual(refused)
  await enter('ann', 'CREDIT_ADD', 5)
  for (const path of ['/ledger/ann', '/balance/ann']) {
    expect((await get(path)).json).toMatchObject({ balance: 15, state: 'spending_frozen' })
  }
  expect((await get('/ledger?prefix=ann')).json.accounts).toMatchObject([{ state: 'spending_frozen' }])
})

test('a frozen account takes nothing but a release, a replay, and another state', async () => {
  const key = { 'idempotency-key': 'a' }
  const give = { owner_id: 'bob', operation: 'CREDIT_ADD', amount: 10 }
  await post('/ledger', give, key)
  const held = { owner_id: 'bob', operation: 'CREDIT_SPEND', amount: 4, nonce: 'h', expires_in: 600 }
  const { json: hold } = await post('/ledger/holds', held)
  await enter('bob', 'ACCOUNT_FROZEN', undefined, metadata)
  expect((await post('/ledger', { ...give, nonce: 'b' })).json.code).toBe('ACCOUNT_FROZEN')
  const overdraft = await send('PUT', '/ledger/bob/overdraft', { limit: 5 })
  expect([overdraft.status, overdraft.json]).toMatchObject([409, { code: 'ACCOUNT_FROZEN', state: 'frozen' }])
  expect(overdraft.json).not.toHaveProperty('entry_index')
  const replayed = await post('/ledger', give, key)
  expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
  const { json: released } = await post(`/ledger/holds/${hold.hold.id}/release`, {})
  expect(released).toMatchObject({ hold: { status: 'released' }, available: 10, state: 'frozen' })
  await enter('bob', 'ACCOUNT_OPENED', undefined, metadata)
  expect((await get('/ledger/bob')).json.state).toBe('open')
})

test('only an empty account is closed', async () => {
  await enter('cy', 'CREDIT_ADD', 1)
  const close = { owner_id: 'cy', operation: 'ACCOUNT_CLOSED', nonce: 'c', metadata }
  expect((await post('/ledger', close)).json).toMatchObject({
    code: 'ACCOUNT_NOT_EMPTY',
    balance: 1,
    state: 'open',
  })
  await enter('cy', 'CREDIT_SPEND', 1)
  expect((await post('/ledger', close)).status).toBe(200)
  const give = { owner_id: 'cy', operation: 'CREDIT_ADD', amount: 1, nonce: 'g' }
  expect((await post('/ledger', give)).json).toMatchObject({ code: 'ACCOUNT_CLOSED', state: 'closed' })
})

test('a limit of credits is refused and listed', async () => {
  await enter('dee', 'CREDIT_ADD', 1000)
  await enter('dee', 'CREDIT_SPEND', 499)
  const spend = { owner_id: 'dee', operation: 'CREDIT_SPEND', amount: 2, nonce: 's' }
  const { status, headers, json } = await post('/ledger', spend)
  expect([status, json.code]).toEqual([429, 'LIMIT_REACHED'])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(86_300)
  const { json: listed } = await get('/operations')
  const ofName = (wanted: string) => listed.operations.find(({ name }: { name: string }) => name === wanted)
  expect(ofName('CREDIT_SPEND').limit).toEqual({ times: null, credits: 500, per: 'day', anchored: true })
  expect(ofName('SPENDING_FROZEN').state).toBe('spending_frozen')
})

test('openapi.json has the states, their refusals and the limits of credits', async () => {
  const { json } = await get('/openapi.json')
  const { AccountBalance, LedgerOperationInfo, Problem } = json.components.schemas
  expect(AccountBalance.properties.state.enum).toEqual(['open', 'spending_frozen', 'frozen', 'closed'])
  expect(Problem.properties).toHaveProperty('state')
  const [limit] = LedgerOperationInfo.properties.limit.anyOf
  expect(limit.required).toEqual(['times', 'credits', 'per', 'anchored'])
  const codesOf = (path: string, method: string) =>
    Object.keys(json.paths[path][method].responses[409].content['application/problem+json'].examples)
  const frozen = ['ACCOUNT_FROZEN', 'ACCOUNT_CLOSED']
  for (const path of ['/ledger', '/ledger/transactions']) {
    expect(codesOf(path, 'post')).toEqual(expect.arrayContaining([...frozen, 'ACCOUNT_NOT_EMPTY']))
  }
  for (const path of [
    '/ledger/holds',
    '/ledger/holds/{hold_id}/capture',
    '/ledger/entries/{entry_id}/refund',
  ]) {
    expect(codesOf(path, 'post')).toEqual(expect.arrayContaining(frozen))
  }
  expect(codesOf('/ledger/{owner_id}/overdraft', 'put')).toEqual(expect.arrayContaining(frozen))
})
