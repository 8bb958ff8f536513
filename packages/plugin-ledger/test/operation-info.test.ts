import { expect, test } from 'vitest'
import { openGraph } from './open-graph.ts'

const { run } = await openGraph()

test('a form sees limits, and operations that are posted only in pairs', async () => {
  const { data } = await run('{ ledgerOperations { name limit { times per } paired } }')
  expect(data.ledgerOperations).toEqual([
    { name: 'DAILY_REWARD', limit: { times: 2, per: 'DAY' }, paired: false },
    { name: 'SIGNUP_CREDIT', limit: { times: 1, per: 'LIFETIME' }, paired: false },
    { name: 'CREDIT_SPEND', limit: null, paired: false },
    { name: 'CREDIT_ADD', limit: null, paired: false },
    { name: 'TRANSFER_OUT', limit: null, paired: true },
    { name: 'TRANSFER_IN', limit: null, paired: true },
  ])
})
