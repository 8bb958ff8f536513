import { type Principal, type Scope, scopes } from '@shared-ledger/ledger'
import { parse, subscribe } from 'graphql'
import { describe, expect, test } from 'vitest'
import { anyone } from './build-schema.ts'
import { accountEntries, openBooks, post } from './open-books.ts'

const { bank, arcade } = await openBooks()

const ownerOf = (owner: string): Principal => ({ name: owner, owner })
const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code

describe('an owner', () => {
  const fields = (owner: string, book: string) => `
    balance(ownerId: "${owner}", book: ${book}) { amount }
    ledgerEntries(ownerId: "${owner}", book: ${book}) { edges { node { ownerId } } }
    ledgerHolds(ownerId: "${owner}", book: ${book}) { ownerId }
    ${accountEntries(`ownerId: "${owner}", book: ${book}`)}`

  test('reads its account in every book of the app', async () => {
    await post(bank, 'ann', 'CREDIT_ADD', 1)
    await post(bank, 'ann', 'GEM_GRANT', 2)
    await post(bank, 'ann', 'COIN_ADD', 3)
    await post(arcade, 'ann', 'PRIZE', 4)
    for (const [book, amount] of [
      ['BANK', 1],
      ['GEMS', 2],
      ['COINS', 7],
    ] as const) {
      const { data, errors } = await bank.ask(`{ ${fields('ann', book)} }`, ownerOf('ann'))
      expect(errors).toBeUndefined()
      expect(data.balance.amount).toBe(amount)
    }
    const { data } = await arcade.ask(`{ ${accountEntries('ownerId: "ann", book: COINS')} }`, ownerOf('ann'))
    expect(data.accountEntries.edges).toMatchObject([
      { node: { __typename: 'LedgerEntry', operation: 'PRIZE' } },
      { node: { __typename: 'LedgerOtherAppsEntry', app: 'bank', amount: 3 } },
    ])
  })

  test('reads nothing of anybody else, in any book and under any name of a field', async () => {
    for (const book of ['BANK', 'GEMS', 'COINS']) {
      for (const field of [
        `balance(ownerId: "ann", book: ${book}) { amount }`,
        `ledgerEntries(ownerId: "ann", book: ${book}) { edges { node { ownerId } } }`,
        `ledgerHolds(ownerId: "ann", book: ${book}) { ownerId }`,
        `ledgerSummary(ownerId: "ann", book: ${book}, from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z", per: MONTH) { gross }`,
        accountEntries(`ownerId: "ann", book: ${book}`),
        `ledgerAccounts(book: ${book}) { edges { node { ownerId } } }`,
        `ledgerAccounts(prefix: "bob", book: ${book}) { edges { node { ownerId } } }`,
      ]) {
        for (const source of [
          `{ ${field} }`,
          `{ mine: balance(ownerId: "bob") { amount } alias: ${field} }`,
        ]) {
          const answer = await bank.ask(source, ownerOf('bob'))
          expect([codeOf(answer), answer.data], source).toEqual(['FORBIDDEN', null])
        }
      }
      const { data } = await bank.ask(
        `{ it: ledgerEntryByNonce(ownerId: "ann", book: ${book}, nonce: "n") { id } }`,
        ownerOf('bob'),
      )
      expect(data.it).toBeNull()
    }
  })

  test('does not subscribe to another account in any book', async () => {
    for (const book of ['BANK', 'GEMS', 'COINS']) {
      const document = parse(
        `subscription { ledgerEntryPosted(ownerId: "ann", book: ${book}) { entry { id } } }`,
      )
      const answer = await subscribe({
        schema: bank.schema,
        document,
        contextValue: { principal: ownerOf('bob') },
      })
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
    }
  })

  test('sees neither nonce nor metadata of a transaction with others, in a list of all entries too', async () => {
    await bank.ask(`mutation { postLedgerTransaction(input: { nonce: "secret", metadata: { for: "dan" }, entries: [
      { ownerId: "cy", operation: COIN_ADD, amount: 1 }, { ownerId: "dan", operation: COIN_ADD, amount: 1 }] }) { __typename } }`)
    const source = `{ ${accountEntries('ownerId: "cy", book: COINS', 'transaction { nonce metadata entries { ownerId } }')} }`
    const node = async (principal: Principal) =>
      (await bank.ask(source, principal)).data.accountEntries.edges[0].node
    expect(await node(ownerOf('cy'))).toMatchObject({
      nonce: '',
      metadata: {},
      transaction: { nonce: '', metadata: {}, entries: [{ ownerId: 'cy' }] },
    })
    expect(await node(anyone)).toMatchObject({
      nonce: 'secret',
      metadata: { for: 'dan' },
      transaction: { entries: [{ ownerId: 'cy' }, { ownerId: 'dan' }] },
    })
  })
})

const overdraft = 'setOverdraft(input: { ownerId: "s", book: COINS, limit: 1 }) { __typename }'
const posting =
  'postLedgerEntry(input: { ownerId: "s", operation: COIN_ADD, nonce: "n", amount: 1 }) { __typename }'

test.each<[Scope, string]>([
  ['read', `{ ${accountEntries('ownerId: "s", book: COINS')} }`],
  ['read', '{ balance(ownerId: "s", book: COINS) { amount } }'],
  ['read', '{ ledgerAccounts(book: COINS) { edges { cursor } } }'],
  ['post', `mutation { ${posting} }`],
  ['admin', `mutation { ${overdraft} }`],
])('the scope %s is enough in every book, and no other one is: %s', async (needed, source) => {
  const others = scopes.filter((scope) => scope !== needed)
  expect(codeOf(await bank.ask(source, { name: 'service', scopes: others }))).toBe('FORBIDDEN')
  expect((await bank.ask(source, { name: 'service', scopes: [needed] })).errors).toBeUndefined()
})
