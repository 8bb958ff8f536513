import { parse, subscribe } from 'graphql'
import { describe, expect, test } from 'vitest'
import { balanceId } from '../src/identity.ts'
import { anyone } from './build-schema.ts'
import { openGraph } from './open-graph.ts'

const { schema, run, mutate, give } = await openGraph()

const balanceOf = { amount: 0, overdraft: 0, held: 0, available: 0, state: 'OPEN' } as const

describe('the id of a balance', () => {
  const id = (ownerId: string, book = 'games') => balanceId({ ownerId, book, ...balanceOf })

  test('never changes, and is safe wherever ids are written', () => {
    expect(id('ann')).toBe('WyJnYW1lcyIsImFubiJd')
    for (const ownerId of ['a:b.c/d', '"]', 'é 🎲', 'x'.repeat(255)]) expect(id(ownerId)).toMatch(/^[\w-]+$/)
  })

  test('differs by owner, book and moment', () => {
    const owners = ['ann', 'Ann', 'ann ', 'ann","2026', '["games","ann"]']
    const pasts = ['2026-11-21', '2026-11-22'].map((day) =>
      balanceId({ ownerId: 'ann', book: 'games', amount: 0, asOf: new Date(day) }),
    )
    const seen = balanceId({ ownerId: 'ann', book: 'games', ...balanceOf, seenIn: crypto.randomUUID() })
    const ids = [...owners.map((ownerId) => id(ownerId)), id('ann', 'content'), ...pasts, seen]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('belongs to the account, whoever asks for the balance', async () => {
    await give('asked', 10)
    const { data } = await run(`{
      balance(ownerId: "asked") { id }
      ledgerAccounts(prefix: "asked") { edges { node { id balance { id } } } }
    }`)
    const { id } = data.balance
    expect(data.ledgerAccounts.edges).toEqual([{ node: { id, balance: { id } } }])
    const set = await mutate(
      'setOverdraft',
      { ownerId: 'asked', limit: 5 },
      '... on SetOverdraftSuccess { balance { id } }',
    )
    expect(set.balance).toEqual({ id })
  })

  test('in a batch is the current one only for the last entry of each owner', async () => {
    const add = (ownerId: string) => ({ ownerId, operation: 'CREDIT_ADD', nonce: crypto.randomUUID() })
    const inputs = [
      add('a'),
      add('b'),
      { ...add('a'), operation: 'CREDIT_SPEND', amount: 99 },
      add('a'),
      add('a'),
      add(''),
    ]
    const current = await run('{ a: balance(ownerId: "a") { id } b: balance(ownerId: "b") { id } }')
    const post = async (dryRun: boolean) => {
      const { data } = await run(
        `mutation ($inputs: [PostLedgerEntryInput!]!, $dryRun: Boolean!) {
          outcomes: postLedgerEntries(inputs: $inputs, dryRun: $dryRun) {
            ... on PostLedgerEntrySuccess { balance { id } }
            ... on InsufficientBalanceError { balance { id } }
          }
        }`,
        { inputs, dryRun },
      )
      return data.outcomes.flatMap(({ balance }: { balance?: { id: string } }) => balance?.id ?? [])
    }
    const { a, b } = current.data
    const passing = expect.not.stringMatching(`^(${a.id}|${b.id})$`)
    expect(await post(true)).toEqual([passing, passing, passing, passing, passing])
    const posted = await post(false)
    expect(posted).toEqual([passing, b.id, passing, passing, a.id])
    expect(new Set(posted).size).toBe(5)
  })
})

test('a posted entry comes with the current balance, and its id', async () => {
  const document = parse(
    'subscription { ledgerEntryPosted(ownerId: "lively", after: "") { entry { seq } balance { id amount } } }',
  )
  await give('lively', 10)
  await give('lively', 5)
  const events = await subscribe({ schema, document, contextValue: { principal: anyone } })
  if (!(Symbol.asyncIterator in events)) throw new Error('no subscription')
  const { value } = await events.next()
  await events.return()
  const { data } = await run('{ balance(ownerId: "lively") { id amount } }')
  expect(JSON.parse(JSON.stringify(value?.data?.ledgerEntryPosted))).toEqual({
    entry: { seq: 1 },
    balance: { id: data.balance.id, amount: 15 },
  })
})
