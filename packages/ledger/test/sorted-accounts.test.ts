import { expect, test } from 'vitest'
import type { AccountOrder, AccountPage } from '../src/index.ts'
import { openGames } from './open-ledger.ts'

const { ledger, sql } = await openGames()

const crowd = Array.from({ length: 23 }, (_, n) => ({ ownerId: `p:${n}`, amount: 1 + ((n * 7) % 5) }))
for (const { ownerId, amount } of crowd) {
  const posted = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: 'n' })
  if (!posted.ok) throw posted.error
}
await ledger.setOverdraft({ ownerId: 'p:0', limit: 50 })
await ledger.postEntry({ ownerId: 'p:0', operation: 'CREDIT_SPEND', amount: 20, nonce: 'below 0' })

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const ownersOf = ({ edges }: AccountPage) => edges.map(({ node }) => node.ownerId)

/** Reads all accounts page by page. */
async function all(order: AccountOrder, backward: boolean): Promise<string[]> {
  const owners: string[] = []
  for (let cursor: string | null = null, more = true; more; ) {
    const at = backward ? { last: 4, before: cursor } : { first: 4, after: cursor }
    const page: AccountPage = await ledger.accounts({ order, ...at })
    owners.splice(backward ? 0 : owners.length, 0, ...ownersOf(page))
    more = backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage
    cursor = backward ? page.pageInfo.startCursor : page.pageInfo.endCursor
  }
  return owners
}

const { rows: accounts } = await sql.query<{ owner_id: string; balance: string; updated_on: Date }>(
  'SELECT owner_id, balance, updated_on FROM ledger.accounts',
)
const sorted = (rank: (account: (typeof accounts)[number]) => number) =>
  accounts
    .toSorted((a, b) => rank(b) - rank(a) || byBytes(a.owner_id, b.owner_id))
    .map(({ owner_id }) => owner_id)

test.each([
  ['HIGHEST_BALANCE', sorted(({ balance }) => Number(balance))],
  ['LAST_CHANGED', sorted(({ updated_on }) => updated_on.getTime())],
  ['OWNER', accounts.map(({ owner_id }) => owner_id).toSorted(byBytes)],
] as const)('accounts by %s, page by page in each direction', async (order, expected) => {
  expect(await all(order, false)).toEqual(expected)
  expect(await all(order, true)).toEqual(expected)
})

test('accounts by balance have the prefix, and are what they are by owner', async () => {
  const { edges } = await ledger.accounts({ prefix: 'p:1', order: 'HIGHEST_BALANCE' })
  const byOwner = await ledger.accounts({ prefix: 'p:1' })
  expect(edges.map(({ node }) => node).toSorted((a, b) => byBytes(a.ownerId, b.ownerId))).toEqual(
    byOwner.edges.map(({ node }) => node),
  )
})

test.each([
  [{ order: 'NAME' }, 'order'],
  [{ order: 'HIGHEST_BALANCE', after: Buffer.from('owner:ada').toString('base64url') }, 'after'],
  [{ order: 'HIGHEST_BALANCE', after: Buffer.from('balance:x:ada').toString('base64url') }, 'after'],
  [{ order: 'LAST_CHANGED', before: Buffer.from('changed:5:').toString('base64url') }, 'before'],
  [
    { order: 'LAST_CHANGED', after: Buffer.from('changed:9999999999999999:ada').toString('base64url') },
    'after',
  ],
  [{ order: 'LAST_CHANGED', after: Buffer.from('changed:-1:ada').toString('base64url') }, 'after'],
  [
    { order: 'HIGHEST_BALANCE', after: Buffer.from('balance:9999999999999999:ada').toString('base64url') },
    'after',
  ],
  [{ after: Buffer.from('balance:5:ada').toString('base64url') }, 'after'],
])('refuses %j', async (input, field) => {
  await expect(ledger.accounts(input as never)).rejects.toMatchObject({ errors: [{ field }] })
})
