import { parse, subscribe } from 'graphql'
import { describe, expect, test } from 'vitest'
import { anyone } from './build-schema.ts'
import { type App, accountEntries, openBooks, post } from './open-books.ts'

const { database, bank, arcade } = await openBooks()
const nonce = () => crypto.randomUUID()

describe('an app with several books', () => {
  test('keeps the accounts of an owner apart', async () => {
    await post(bank, 'apart', 'CREDIT_ADD', 1)
    await post(bank, 'apart', 'GEM_GRANT', 20)
    const coins = await post(bank, 'apart', 'COIN_ADD', 300)
    expect(coins).toMatchObject({ entry: { seq: 1, balanceAfter: 300 }, balance: { amount: 300 } })
    const read = (book: string) => `
      balance(ownerId: "apart"${book}) { id book amount }
      past: balance(ownerId: "apart"${book}, asOf: "2090-01-01T00:00:00Z") { id book amount }
      ledgerEntries(ownerId: "apart"${book}) { edges { node { id book operation seq } } }
      ledgerAccounts(prefix: "apart"${book}) { edges { node { id book balance { id book amount } entryCount } } }
      ledgerSummary(ownerId: "apart"${book}, from: "2026-01-01T00:00:00Z", to: "2090-01-01T00:00:00Z", per: MONTH) { operation gross }`
    const ids = new Set<string>()
    for (const [book, name, operation, amount] of [
      ['', 'BANK', 'CREDIT_ADD', 1],
      [', book: BANK', 'BANK', 'CREDIT_ADD', 1],
      [', book: null', 'BANK', 'CREDIT_ADD', 1],
      [', book: GEMS', 'GEMS', 'GEM_GRANT', 20],
      [', book: COINS', 'COINS', 'COIN_ADD', 300],
    ] as const) {
      const { data, errors } = await bank.ask(`{ ${read(book)} }`)
      expect(errors).toBeUndefined()
      const { id } = data.balance
      expect(data).toMatchObject({
        balance: { book: name, amount },
        past: { book: name, amount },
        ledgerEntries: { edges: [{ node: { book: name, operation, seq: 1 } }] },
        ledgerAccounts: {
          edges: [{ node: { id, book: name, balance: { id, book: name, amount }, entryCount: 1 } }],
        },
        ledgerSummary: [{ operation, gross: amount }],
      })
      ids.add(id).add(data.past.id)
    }
    expect(ids.size).toBe(6)
    expect(coins.balance.id).toBe(
      (await bank.ask('{ balance(ownerId: "apart", book: COINS) { id } }')).data.balance.id,
    )
  })

  test('finds a nonce in the book in which it was used', async () => {
    const posted = await post(bank, 'keyed', 'GEM_GRANT', 1)
    const find = async (book: string) =>
      (
        await bank.ask(
          `{ it: ledgerEntryByNonce(ownerId: "keyed", nonce: "${posted.entry.nonce}"${book}) { id } }`,
        )
      ).data.it
    expect([await find(''), await find(', book: COINS'), await find(', book: GEMS')]).toEqual([
      null,
      null,
      { id: posted.entry.id },
    ])
  })

  test('holds credits in the book of the operation', async () => {
    await post(bank, 'holder', 'COIN_ADD', 10)
    const { data } = await bank.ask(`mutation { it: holdCredits(input: {
      ownerId: "holder", operation: COIN_SPEND, amount: 4, expiresIn: 60, nonce: "${nonce()}" }) {
      ... on HoldCreditsSuccess { hold { id book } balance { book amount held available } } } }`)
    expect(data.it).toMatchObject({
      hold: { book: 'COINS' },
      balance: { book: 'COINS', amount: 10, held: 4, available: 6 },
    })
    const holds = await bank.ask(`{
      own: ledgerHolds(ownerId: "holder") { id } coins: ledgerHolds(ownerId: "holder", book: COINS) { id book } }`)
    expect(holds.data).toEqual({ own: [], coins: [{ id: data.it.hold.id, book: 'COINS' }] })
  })

  test('sets the overdraft of one account, and only in the books that it has made', async () => {
    const set = async (app: typeof bank | typeof arcade, book: string) =>
      (
        await app.ask(`mutation { it: setOverdraft(input: { ownerId: "debtor", limit: 5${book} }) {
          ... on SetOverdraftSuccess { balance { book overdraft } }
          ... on ValidationError { errors { field message } } } }`)
      ).data.it
    expect(await set(bank, ', book: COINS')).toEqual({ balance: { book: 'COINS', overdraft: 5 } })
    expect(await set(arcade, '')).toEqual({ balance: { book: 'ARCADE', overdraft: 5 } })
    expect(await set(arcade, ', book: COINS')).toEqual({
      errors: [{ field: 'book', message: expect.stringContaining('coins') }],
    })
    const { data } = await bank.ask(`{ own: balance(ownerId: "debtor") { overdraft }
      gems: balance(ownerId: "debtor", book: GEMS) { overdraft } coins: balance(ownerId: "debtor", book: COINS) { overdraft } }`)
    expect([data.own.overdraft, data.gems.overdraft, data.coins.overdraft]).toEqual([0, 0, 5])
  })

  test('refuses a transaction over two books', async () => {
    const { data } =
      await bank.ask(`mutation { it: postLedgerTransaction(input: { nonce: "${nonce()}", entries: [
      { ownerId: "both", operation: GEM_GRANT, amount: 1 }, { ownerId: "both", operation: COIN_ADD, amount: 1 }] }) {
      __typename ... on ValidationError { errors { field } } } }`)
    expect(data.it).toEqual({ __typename: 'ValidationError', errors: [{ field: 'entries.1.operation' }] })
  })

  test('answers a dry run in a book, and writes nothing', async () => {
    const { data } = await bank.ask(`mutation {
      one: postLedgerEntry(input: { ownerId: "trier", operation: GEM_GRANT, amount: 7, nonce: "n", dryRun: true }) {
        ... on PostLedgerEntrySuccess { entry { id book balanceAfter } balance { id book amount } } }
      many: postLedgerEntries(dryRun: true, inputs: [
        { ownerId: "trier", operation: GEM_GRANT, amount: 7, nonce: "n" }
        { ownerId: "trier", operation: COIN_ADD, amount: 8, nonce: "n" }
        { ownerId: "trier", operation: GEM_SPEND, amount: 2, nonce: "m" }]) {
        ... on PostLedgerEntrySuccess { entry { book } balance { id book amount } } } }`)
    expect(data).toMatchObject({
      one: { entry: { book: 'GEMS', balanceAfter: 7 }, balance: { book: 'GEMS', amount: 7 } },
      many: [
        { entry: { book: 'GEMS' }, balance: { book: 'GEMS', amount: 7 } },
        { entry: { book: 'COINS' }, balance: { book: 'COINS', amount: 8 } },
        { entry: { book: 'GEMS' }, balance: { book: 'GEMS', amount: 5 } },
      ],
    })
    const current = await bank.ask(`{ gems: balance(ownerId: "trier", book: GEMS) { id amount }
      coins: balance(ownerId: "trier", book: COINS) { id amount } }`)
    expect([current.data.gems.amount, current.data.coins.amount]).toEqual([0, 0])
    const ids = [data.one, ...data.many].map(({ balance }) => balance.id)
    expect(new Set([...ids, current.data.gems.id, current.data.coins.id]).size).toBe(6)
  })

  test('in a batch the last balance of each account is the current one', async () => {
    const { data } = await bank.ask(`mutation { many: postLedgerEntries(inputs: [
        { ownerId: "batched", operation: GEM_GRANT, amount: 1, nonce: "1" }
        { ownerId: "batched", operation: COIN_ADD, amount: 1, nonce: "1" }
        { ownerId: "batched", operation: GEM_GRANT, amount: 1, nonce: "2" }]) {
        ... on PostLedgerEntrySuccess { balance { id book amount } } } }`)
    const current = await bank.ask(`{ gems: balance(ownerId: "batched", book: GEMS) { id book amount }
      coins: balance(ownerId: "batched", book: COINS) { id book amount } }`)
    const [passing, coins, gems] = data.many.map(({ balance }: { balance: object }) => balance)
    expect([gems, coins]).toEqual([current.data.gems, current.data.coins])
    expect(passing.id).not.toBe(gems.id)
  })
})

describe('live entries', () => {
  /** Reads some events of a subscription. */
  async function read(app: App, args: string, count: number) {
    const document = parse(
      `subscription { it: ledgerEntryPosted(${args}) { cursor entry { book seq operation } balance { id book amount } } }`,
    )
    const events = await subscribe({ schema: app.schema, document, contextValue: { principal: anyone } })
    if (!(Symbol.asyncIterator in events)) throw new Error(JSON.stringify(events.errors))
    const found = []
    for await (const { data } of events) {
      found.push(JSON.parse(JSON.stringify(data?.it)))
      if (found.length === count) break
    }
    return found
  }

  test('are those of one book, with its balance', async () => {
    await post(bank, 'lively', 'CREDIT_ADD', 1)
    await post(bank, 'lively', 'GEM_GRANT', 2)
    await post(bank, 'lively', 'GEM_GRANT', 3)
    const { data } = await bank.ask('{ balance(ownerId: "lively", book: GEMS) { id book amount } }')
    expect(await read(bank, 'ownerId: "lively", book: GEMS, after: ""', 2)).toMatchObject([
      { entry: { book: 'GEMS', seq: 1 }, balance: data.balance },
      { entry: { book: 'GEMS', seq: 2 }, balance: data.balance },
    ])
  })

  test("are the app's own in a shared book, each once, across the entries of others", async () => {
    for (const n of [1, 2, 3]) {
      await post(bank, 'shared live', 'COIN_ADD', 10 * n)
      await post(arcade, 'shared live', 'PLAY', n)
    }
    const ofBank = await read(bank, 'ownerId: "shared live", book: COINS, after: ""', 3)
    expect(ofBank.map(({ entry }) => [entry.seq, entry.operation])).toEqual([
      [1, 'COIN_ADD'],
      [3, 'COIN_ADD'],
      [5, 'COIN_ADD'],
    ])
    const ofArcade = await read(
      arcade,
      `ownerId: "shared live", book: COINS, after: "${ofBank[0].cursor}"`,
      3,
    )
    expect(ofArcade.map(({ entry }) => [entry.seq, entry.operation])).toEqual([
      [2, 'PLAY'],
      [4, 'PLAY'],
      [6, 'PLAY'],
    ])
    expect(ofArcade[0].balance).toMatchObject({ book: 'COINS', amount: 54 })
  })
})

test('a page of an account costs one statement, and one more for the transactions of its entries, at any size', async () => {
  for (let n = 1; n <= 30; n++) {
    await post(bank, 'costly', 'COIN_ADD', 2)
    await post(arcade, 'costly', 'PLAY', 1)
  }
  for (const first of [1, 10, 60]) {
    const statements = await database.statementsOf(async () => {
      const { data, errors } = await bank.ask(
        `{ ${accountEntries(`ownerId: "costly", book: COINS, first: ${first}`, 'transaction { entries { id } }')} }`,
      )
      expect([errors, data.accountEntries.edges.length]).toEqual([undefined, first])
    })
    expect(statements.filter((statement) => !statement.includes('pg_notify')).length).toBe(
      first === 1 ? 1 : 2,
    )
  }
})
