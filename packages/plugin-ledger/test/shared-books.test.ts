import { describe, expect, test } from 'vitest'
import { type App, accountEntries, openBooks, post } from './open-books.ts'

const { bank, arcade, host, guest } = await openBooks()
const nonce = () => crypto.randomUUID()

describe('a book that apps share', () => {
  test('has one balance, and the entries of all its apps', async () => {
    await post(bank, 'visitor', 'COIN_ADD', 10)
    const played = await post(arcade, 'visitor', 'PLAY', 4)
    expect(played).toMatchObject({ entry: { seq: 2, balanceAfter: 6 } })
    await post(bank, 'visitor', 'COIN_SPEND', 1)
    expect(await post(arcade, 'visitor', 'PLAY', 6)).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      balance: { amount: 5 },
    })
    for (const app of [bank, arcade]) {
      const { data } = await app.ask(`{ balance(ownerId: "visitor", book: COINS) { id amount }
        ledgerAccounts(prefix: "visitor", book: COINS) { edges { node { id entryCount } } } }`)
      expect(data).toMatchObject({
        balance: { id: played.balance.id, amount: 5 },
        ledgerAccounts: { edges: [{ node: { id: played.balance.id, entryCount: 3 } }] },
      })
    }
    const seen = async (app: App) =>
      (
        await app.ask(`{ ${accountEntries('ownerId: "visitor", book: COINS')} }`)
      ).data.accountEntries.edges.map(({ node }: { node: object }) => node)
    expect(await seen(bank)).toMatchObject([
      { __typename: 'LedgerEntry', seq: 3, operation: 'COIN_SPEND', amount: -1 },
      {
        __typename: 'LedgerOtherAppsEntry',
        app: 'arcade',
        seq: 2,
        operationName: 'PLAY',
        amount: -4,
        balanceAfter: 6,
      },
      { __typename: 'LedgerEntry', seq: 1, operation: 'COIN_ADD', amount: 10 },
    ])
    expect(await seen(arcade)).toMatchObject([
      { __typename: 'LedgerOtherAppsEntry', app: 'bank', seq: 3, operationName: 'COIN_SPEND' },
      { __typename: 'LedgerEntry', seq: 2, operation: 'PLAY' },
      {
        __typename: 'LedgerOtherAppsEntry',
        app: 'bank',
        seq: 1,
        operationName: 'COIN_ADD',
        balanceAfter: 10,
      },
    ])
  })

  test('shows neither nonce nor metadata nor ids of other apps’ entries', async () => {
    for (const field of [
      'id',
      'nonce',
      'metadata',
      'transactionId',
      'transaction { id }',
      'holdId',
      'operation',
      'reverses',
    ]) {
      const { errors } = await bank.ask(`{ accountEntries(ownerId: "x", book: COINS) { edges { node {
        ... on LedgerOtherAppsEntry { ${field} } } } } }`)
      expect(errors[0].message).toContain('on type "LedgerOtherAppsEntry"')
    }
  })

  test('is read page by page, forwards and backwards', async () => {
    for (const n of [1, 2, 3, 4]) await post(n % 2 ? bank : arcade, 'paged', n % 2 ? 'COIN_ADD' : 'PRIZE', n)
    const page = async (args: string) => {
      const { edges, pageInfo } = (
        await arcade.ask(`{ ${accountEntries(`ownerId: "paged", book: COINS, ${args}`)} }`)
      ).data.accountEntries
      return { ...pageInfo, seqs: edges.map(({ node }: { node: { seq: number } }) => node.seq) }
    }
    const first = await page('first: 3')
    expect(first).toMatchObject({ seqs: [4, 3, 2], hasNextPage: true })
    expect(await page(`first: 3, after: "${first.endCursor}"`)).toMatchObject({
      seqs: [1],
      hasNextPage: false,
    })
    expect(await page(`last: 2, before: "${first.endCursor}"`)).toMatchObject({
      seqs: [4, 3],
      hasPreviousPage: false,
    })
    expect(await page('last: 1')).toMatchObject({ seqs: [1], hasPreviousPage: true })
    for (const bad of ['first: 0', 'first: 101', 'first: 1, last: 1', 'after: "none"'])
      expect(
        (await arcade.ask(`{ ${accountEntries(`ownerId: "paged", book: COINS, ${bad}`)} }`)).errors,
      ).toBeDefined()
  })

  test('lets no app find, correct or end what another one has posted', async () => {
    const { entry } = await post(bank, 'guarded', 'COIN_ADD', 10)
    const held = await bank.ask(`mutation { it: holdCredits(input: {
      ownerId: "guarded", operation: COIN_SPEND, amount: 2, expiresIn: 60, nonce: "${nonce()}" }) {
      ... on HoldCreditsSuccess { hold { id } } } }`)
    const { id } = held.data.it.hold
    const { data } = await arcade.ask(`{
      ledgerEntry(id: "${entry.id}") { id } ledgerTransaction(id: "${entry.transactionId}") { id } ledgerHold(id: "${id}") { id }
      ledgerEntryByNonce(ownerId: "guarded", nonce: "${entry.nonce}", book: COINS) { id }
      ledgerEntries(ownerId: "guarded", book: COINS) { edges { node { id } } } ledgerHolds(ownerId: "guarded", book: COINS) { id }
      balance(ownerId: "guarded", book: COINS) { amount held available } }`)
    expect(data).toEqual({
      ledgerEntry: null,
      ledgerTransaction: null,
      ledgerHold: null,
      ledgerEntryByNonce: null,
      ledgerEntries: { edges: [] },
      ledgerHolds: [],
      balance: { amount: 10, held: 2, available: 8 },
    })
    const refused = await arcade.ask(`mutation {
      reverse: reverseLedgerTransaction(input: { id: "${entry.transactionId}", nonce: "${nonce()}" }) { ... on Error { code } }
      refund: refundLedgerEntry(input: { id: "${entry.id}", amount: 1, nonce: "${nonce()}" }) { ... on Error { code } }
      capture: captureHold(input: { id: "${id}", nonce: "${nonce()}" }) { ... on Error { code } }
      release: releaseHold(id: "${id}") { ... on Error { code } } }`)
    expect(refused.data).toEqual({
      reverse: { code: 'TRANSACTION_NOT_FOUND' },
      refund: { code: 'ENTRY_NOT_FOUND' },
      capture: { code: 'HOLD_NOT_FOUND' },
      release: { code: 'HOLD_NOT_FOUND' },
    })
    expect(await post(arcade, 'guarded', 'PLAY', 9)).toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
    expect(await post(arcade, 'guarded', 'PLAY', 1, `, dryRun: true`)).toMatchObject({
      balance: { available: 7 },
    })
  })

  test('is frozen for all apps, by the app that made it', async () => {
    await post(bank, 'frozen', 'COIN_ADD', 10)
    const reason = ', metadata: { reason: "chargeback" }'
    expect(await post(arcade, 'frozen', 'COINS_FROZEN', 0, reason)).toMatchObject({
      __typename: 'ValidationError',
      errors: [{ field: 'operation', message: expect.stringContaining('coins') }],
    })
    expect(await post(arcade, 'frozen', 'PLAY', 1)).toMatchObject({ balance: { amount: 9 } })
    expect(await post(bank, 'frozen', 'COINS_FROZEN', 0, reason)).toMatchObject({ entry: { amount: 0 } })
    for (const [app, operation] of [
      [arcade, 'PLAY'],
      [bank, 'COIN_SPEND'],
    ] as const) {
      expect(await post(app, 'frozen', operation, 1)).toMatchObject({
        code: 'ACCOUNT_FROZEN',
        balance: { state: 'SPENDING_FROZEN' },
      })
    }
  })

  test('lets two apps use one nonce', async () => {
    const key = nonce()
    for (const [app, operation] of [
      [bank, 'COIN_ADD'],
      [arcade, 'PRIZE'],
    ] as const) {
      const { data } = await app.ask(`mutation { it: postLedgerEntry(input: {
        ownerId: "twice", operation: ${operation}, amount: 1, nonce: "${key}" }) { __typename } }`)
      expect(data.it.__typename).toBe('PostLedgerEntrySuccess')
    }
  })

  test('may be the own and only book of an app', async () => {
    await post(host, 'inmate', 'CREDIT_ADD', 5)
    await post(guest, 'inmate', 'VISIT', 1)
    await post(guest, 'inmate', 'CREDIT_ADD', 77)
    const { data } = await host.ask(
      `{ balance(ownerId: "inmate") { amount } ${accountEntries('ownerId: "inmate"')} }`,
    )
    expect(data.balance.amount).toBe(4)
    expect(data.accountEntries.edges).toMatchObject([
      { node: { app: 'guest', operationName: 'VISIT', seq: 2 } },
      { node: { operation: 'CREDIT_ADD', seq: 1 } },
    ])
    const own = await guest.ask(
      '{ balance(ownerId: "inmate") { amount } host: balance(ownerId: "inmate", book: HOST) { amount } }',
    )
    expect(own.data).toEqual({ balance: { amount: 77 }, host: { amount: 4 } })
  })
})
