import { type GraphQLSchema, parse, print, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createBookWriter } from '../src/books.ts'
import { createRest } from '../src/index.ts'
import { openBooks } from './books-apps.ts'
import { appOf } from './ledger-app.ts'

const ledgers = await openBooks()

const bank = appOf('bank', ledgers.bank)
const arcade = appOf('arcade', ledgers.arcade)
const solo = appOf('solo', ledgers.solo)

const range = 'from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z&per=month'

/** Every read that takes a book, with the answer's part for a look at it. */
const reads = (owner: string) => [
  `/ledger/${owner}`,
  `/balance/${owner}`,
  `/balance/${owner}?as_of=2027-12-01T00:00:00Z`,
  `/ledger/${owner}/entries`,
  `/ledger/${owner}/account`,
  `/ledger/${owner}/entry?nonce=n`,
  `/ledger/${owner}/holds`,
  `/ledger/${owner}/summary?${range}`,
  `/operations/summary?${range}`,
  '/ledger',
]
const inBook = (target: string, book: string) => `${target}${target.includes('?') ? '&' : '?'}book=${book}`

describe('an app with several books', () => {
  test('reads the account of an owner in each', async () => {
    const credit = await bank.enter('ann', 'CREDIT_ADD', 7)
    const gem = await bank.enter('ann', 'GEM_GRANT', 5)
    expect([credit.book, gem.book]).toEqual(['bank', 'gems'])
    const spendable = { overdraft: 0, held: 0, state: 'open' }
    for (const path of ['/ledger/ann', '/balance/ann']) {
      const own = { owner_id: 'ann', book: 'bank', balance: 7, available: 7, ...spendable }
      expect((await bank.get(path)).json).toEqual(own)
      expect((await bank.get(`${path}?book=bank`)).json).toEqual(own)
      const gems = { owner_id: 'ann', book: 'gems', balance: 5, available: 5, ...spendable }
      expect((await bank.get(`${path}?book=gems`)).json).toEqual(gems)
      const at = `as_of=${gem.created_on}`
      expect((await bank.get(`${path}?${at}&book=gems`)).json).toEqual({
        owner_id: 'ann',
        book: 'gems',
        balance: 5,
      })
      expect((await bank.get(`${path}?${at}`)).json).toMatchObject({ book: 'bank', balance: 7 })
    }
    expect((await bank.get('/ledger/ann/entries')).json).toEqual({ entries: [credit], next: null })
    expect((await bank.get('/ledger/ann/entries?book=gems')).json).toEqual({ entries: [gem], next: null })
    expect((await bank.get(`/ledger/ann/entry?nonce=${gem.nonce}&book=gems`)).json).toEqual({ entry: gem })
    expect((await bank.get(`/ledger/ann/entry?nonce=${gem.nonce}`)).json.code).toBe('ENTRY_NOT_FOUND')
    expect((await bank.get(`/ledger/entries/${gem.id}`)).json).toEqual({ entry: gem })
    const line = (json: { lines: unknown[] }) => json.lines
    for (const of of ['/ledger/ann', '/operations']) {
      const { json } = await bank.get(`${of}/summary?${range}&book=gems`)
      expect(line(json)).toMatchObject([{ operation: 'GEM_GRANT', count: 1, gross: 5 }])
    }
    expect((await bank.get('/ledger?book=gems')).json.accounts).toMatchObject([
      { owner_id: 'ann', book: 'gems', balance: 5, entry_count: 1 },
    ])
    expect((await bank.get('/ledger?prefix=a')).json.accounts).toMatchObject([{ book: 'bank', balance: 7 }])
  })

  test('has the same nonce once in each, and no book where it is not asked for', async () => {
    const posting = { owner_id: 'bob', nonce: 'n', amount: 3 }
    const { json: credit } = await bank.post('/ledger', { ...posting, operation: 'CREDIT_ADD' })
    const { json: gem } = await bank.post('/ledger', { ...posting, operation: 'GEM_GRANT' })
    expect([credit.entry.book, gem.entry.book]).toEqual(['bank', 'gems'])
    const { status, json } = await bank.post('/ledger', { ...posting, operation: 'GEM_GRANT' })
    expect([status, json.code, json.entry]).toEqual([409, 'DUPLICATE_NONCE', gem.entry])
    expect((await bank.get('/ledger/bob/entry?nonce=n&book=gems')).json).toEqual({ entry: gem.entry })
    expect((await bank.get('/ledger/bob/entry?nonce=n')).json).toEqual({ entry: credit.entry })
  })

  test('holds credits in the book of the operation', async () => {
    await bank.enter('cat', 'GEM_GRANT', 5)
    const held = { owner_id: 'cat', operation: 'GEM_SPEND', amount: 4, nonce: 'h', expires_in: 600 }
    const { status, json } = await bank.post('/ledger/holds', held)
    expect([status, json.hold.book, json.available]).toEqual([201, 'gems', 1])
    expect((await bank.get('/ledger/cat/holds?book=gems')).json).toEqual({ holds: [json.hold] })
    expect((await bank.get('/ledger/cat/holds')).json).toEqual({ holds: [] })
    expect((await bank.get(`/ledger/holds/${json.hold.id}`)).json).toEqual({ hold: json.hold })
    const captured = await bank.post(`/ledger/holds/${json.hold.id}/capture`, { nonce: 'c', amount: 2 })
    expect(captured.json).toMatchObject({ entry: { book: 'gems', amount: -2 }, balance: 3, available: 3 })
    const again = await bank.post('/ledger/holds', { ...held, nonce: undefined }, { 'idempotency-key': 'h' })
    expect([again.status, again.json.hold.book, again.json.balance]).toEqual([201, 'gems', 3])
  })

  test('answers a replay of a transaction with the balances of its accounts', async () => {
    await bank.enter('dan', 'CREDIT_ADD', 50)
    const entries = [{ owner_id: 'dan', operation: 'GEM_GRANT', amount: 9 }]
    const key = { 'idempotency-key': 't' }
    const posted = await bank.post('/ledger/transactions', { entries }, key)
    expect(posted.json.balances).toEqual([{ owner_id: 'dan', book: 'gems', balance: 9 }])
    const again = await bank.post('/ledger/transactions', { entries }, key)
    expect([again.status, again.headers.get('idempotency-replayed'), again.json]).toEqual([
      200,
      'true',
      posted.json,
    ])
  })

  test('undoes an exchange, and answers its replay with the balances in both books', async () => {
    await bank.enter('eve', 'GEM_GRANT', 5)
    const sold = await ledgers.bank.exchange({ ownerId: 'eve', operation: 'GEM_SALE', amount: 2, nonce: 'x' })
    if (!sold.ok) throw sold.error
    const path = `/ledger/transactions/${sold.transaction.id}`
    expect((await bank.get(path)).json.transaction.entries).toMatchObject([
      { book: 'gems', amount: -2 },
      { book: 'bank', amount: 20 },
    ])
    const key = { 'idempotency-key': 'u' }
    const undone = await bank.post(`${path}/reverse`, {}, key)
    expect(undone.json.balances).toEqual([
      { owner_id: 'eve', book: 'bank', balance: 0 },
      { owner_id: 'eve', book: 'gems', balance: 5 },
    ])
    const again = await bank.post(`${path}/reverse`, {}, key)
    expect([again.headers.get('idempotency-replayed'), again.json]).toEqual(['true', undone.json])
  })

  test.each(reads('ann'))('refuses an unknown book in %s', async (target) => {
    for (const book of ['', 'GEMS', 'coins', 'solo', 'gems%20', '__proto__', "';--"]) {
      const { status, json } = await bank.get(inBook(target, book))
      expect([book, status, json.code]).toEqual([book, 422, 'VALIDATION_ERROR'])
      expect(json.errors).toEqual([{ field: 'book', message: 'must be one of bank, gems' }])
    }
    const twice = await bank.get(`${inBook(target, 'gems')}&book=gems`)
    expect([twice.status, twice.json.errors]).toEqual([422, [{ field: 'book', message: 'must be a string' }]])
  })

  test('lists the book of each operation', async () => {
    const { json } = await bank.get('/operations')
    const books = json.operations.map(({ name, book }: { name: string; book: string }) => [name, book])
    expect(Object.fromEntries(books)).toMatchObject({
      CREDIT_ADD: 'bank',
      GEM_GRANT: 'gems',
      GEM_SPEND: 'gems',
    })
  })

  test('describes its books in openapi.json', async () => {
    const { json } = await bank.get('/openapi.json')
    const { schemas } = json.components
    expect(schemas.LedgerBook.enum).toEqual(['bank', 'gems'])
    const ref = { $ref: '#/components/schemas/LedgerBook' }
    for (const target of reads('{owner_id}')) {
      const { parameters } = json.paths[target.split('?')[0]!].get
      expect(parameters.find(({ name }: { name: string }) => name === 'book')).toMatchObject({
        in: 'query',
        required: false,
        schema: ref,
      })
    }
    const named = [
      'LedgerEntry',
      'LedgerHold',
      'AccountBalance',
      'LedgerAccount',
      'LedgerOtherAppsEntry',
      'Balance',
    ]
    for (const name of named) expect([name, schemas[name].properties.book]).toMatchObject([name, ref])
    const body = json.paths['/ledger/{owner_id}/overdraft'].put.requestBody.content['application/json'].schema
    expect(body.properties).toHaveProperty('book')
    expect(body.required).toEqual(['limit'])
  })
})

describe('an overdraft', () => {
  test('is set in a book by the app that made it', async () => {
    await bank.enter('fay', 'GEM_GRANT', 1)
    const set = await bank.send('PUT', '/ledger/fay/overdraft', { limit: 4, book: 'gems' })
    expect(set.json).toEqual({
      owner_id: 'fay',
      book: 'gems',
      balance: 1,
      overdraft: 4,
      held: 0,
      available: 5,
      state: 'open',
    })
    for (const more of [{}, { book: null }, { book: 'bank' }]) {
      const own = await bank.send('PUT', '/ledger/fay/overdraft', { limit: 2, ...more })
      expect(own.json).toMatchObject({ book: 'bank', balance: 0, overdraft: 2 })
    }
    expect((await arcade.get('/ledger/fay?book=gems')).json).toMatchObject({ overdraft: 4, available: 5 })
  })

  test('is refused to other apps, and for an unknown book', async () => {
    const put = (book: unknown, app = bank) => app.send('PUT', '/ledger/fay/overdraft', { limit: 9, book })
    const others = await put('gems', arcade)
    expect([others.status, others.json.code]).toEqual([422, 'VALIDATION_ERROR'])
    expect(others.json.errors).toEqual([
      {
        field: 'book',
        message: 'concerns the book gems, which another app has made: only that app may do this',
      },
    ])
    for (const book of ['', 'GEMS', 'arcade', 'coins']) {
      const { status, json } = await put(book)
      expect([status, json.errors]).toEqual([422, [{ field: 'book', message: 'must be one of bank, gems' }]])
    }
    expect((await put(3)).json.errors).toEqual([{ field: 'book', message: 'must be a string' }])
    expect((await put('gems', solo)).json.errors).toEqual([
      { field: 'book', message: 'is not a field of this request' },
    ])
  })
})

test('a frozen account refuses with its state', async () => {
  const metadata = { reason: 'lost card' }
  const { id, transaction_id } = await bank.enter('joe', 'CREDIT_ADD', 5)
  await bank.enter('joe', 'GEM_GRANT', 5)
  const hold = { owner_id: 'joe', operation: 'CREDIT_SPEND', amount: 2, nonce: 'h', expires_in: 60 }
  const held = await bank.post('/ledger/holds', hold)
  const frozen = await bank.enter('joe', 'ACCOUNT_FROZEN', 0, metadata)
  expect(frozen).toMatchObject({ amount: 0, book: 'bank' })
  expect((await bank.get('/ledger/joe')).json).toMatchObject({ balance: 5, state: 'frozen' })
  expect((await bank.get('/ledger/joe?book=gems')).json).toMatchObject({ balance: 5, state: 'open' })
  const posting = { owner_id: 'joe', operation: 'CREDIT_ADD', amount: 1 }
  const refused = { status: 409, code: 'ACCOUNT_FROZEN', balance: 5, state: 'frozen' }
  for (const [path, body] of [
    ['/ledger', posting],
    ['/ledger/transactions', { entries: [posting] }],
    ['/ledger/holds', hold],
    [`/ledger/holds/${held.json.hold.id}/capture`, {}],
    [`/ledger/entries/${id}/refund`, { amount: 1 }],
    [`/ledger/transactions/${transaction_id}/reverse`, {}],
  ] as const) {
    const { status, json } = await bank.post(path, { ...body, nonce: crypto.randomUUID() })
    expect([path, status, json]).toMatchObject([path, 409, { ...refused, entry_index: 0, owner_id: 'joe' }])
  }
  const { json: batch } = await bank.post('/ledger/batch', { entries: [{ ...posting, nonce: 'b' }] })
  expect(batch.results).toMatchObject([refused])
  const set = await bank.send('PUT', '/ledger/joe/overdraft', { limit: 1 })
  expect([set.status, set.json]).toMatchObject([409, refused])
  await bank.enter('joe', 'ACCOUNT_OPENED', 0, metadata)
  const closed = await bank.post('/ledger', {
    owner_id: 'joe',
    operation: 'ACCOUNT_CLOSED',
    nonce: 'c',
    metadata,
  })
  expect([closed.status, closed.json]).toMatchObject([409, { code: 'ACCOUNT_NOT_EMPTY', state: 'open' }])
  await bank.enter('joe', 'CREDIT_ADD', 1)
})

describe('the account', () => {
  test('has the entries of all apps that share the book: those of others as what they may know', async () => {
    const granted = await bank.enter('gus', 'GEM_GRANT', 9)
    const played = await arcade.enter('gus', 'PLAY', 4)
    const spent = await bank.enter('gus', 'GEM_SPEND', 2)
    const ofArcade = {
      app: 'arcade',
      owner_id: 'gus',
      book: 'gems',
      operation: 'PLAY',
      amount: -4,
      balance_after: 5,
      seq: 2,
      created_on: played.created_on,
    }
    const ofBank = [spent, granted].map(
      ({ owner_id, book, operation, amount, balance_after, created_on }, at) => ({
        ...{ app: 'bank', owner_id, book, operation, amount, balance_after, created_on },
        seq: at === 0 ? 3 : 1,
      }),
    )
    expect((await bank.get('/ledger/gus/account?book=gems')).json).toEqual({
      entries: [spent, ofArcade, granted],
      next: null,
    })
    expect((await arcade.get('/ledger/gus/account?book=gems')).json).toEqual({
      entries: [ofBank[0], played, ofBank[1]],
      next: null,
    })
    expect((await arcade.get('/ledger/gus/entries?book=gems')).json.entries).toEqual([played])
    expect((await bank.get('/ledger/gus/account')).json).toEqual({ entries: [], next: null })

    const { json: first } = await bank.get('/ledger/gus/account?book=gems&first=2')
    expect(first.entries).toEqual([spent, ofArcade])
    const { json: rest } = await bank.get(`/ledger/gus/account?book=gems&first=2&after=${first.next}`)
    expect(rest).toEqual({ entries: [granted], next: null })
    const { status, json } = await bank.get('/ledger/gus/account?first=0')
    expect([status, json.errors[0].field]).toEqual([422, 'first'])
  })

  test('of an app with one book has its entries', async () => {
    const entry = await solo.enter('hal', 'CREDIT_ADD', 3)
    expect((await solo.get('/ledger/hal/account')).json).toEqual({ entries: [entry], next: null })
    expect((await solo.get('/ledger/nobody/account')).json).toEqual({ entries: [], next: null })
  })
})

describe('a document of an app with several books', () => {
  const written = (source: string) => {
    const document = createBookWriter(bank.schema)(parse(source))
    expect(validate(bank.schema, document)).toEqual([])
    return print(document).replace(/\s+/g, ' ')
  }

  test('gets the book wherever the graph has it', () => {
    expect(
      written('query A($o: String!) { a: balance(ownerId: $o) { amount } b: ledgerOperations { name } }'),
    ).toBe(
      'query A($o: String!, $book: LedgerBook) { a: balance(ownerId: $o, book: $book) { amount book }' +
        ' b: ledgerOperations { name book } }',
    )
    expect(
      written(
        '{ e: ledgerEntry(id: "1") { ...E } } fragment E on LedgerEntry { transaction { id entries { id } } }',
      ),
    ).toBe(
      '{ e: ledgerEntry(id: "1") { ...E book } } fragment E on LedgerEntry { transaction { id entries { id book } } book }',
    )
  })

  test('keeps a variable, an argument and a field of its own with that name', () => {
    expect(written('query A($book: String!) { balance(ownerId: $book) { amount } }')).toBe(
      'query A($book: String!) { balance(ownerId: $book) { amount book } }',
    )
    expect(written('query A($b: LedgerBook) { balance(ownerId: "a", book: $b) { amount book } }')).toBe(
      'query A($b: LedgerBook) { balance(ownerId: "a", book: $b) { amount book } }',
    )
    expect(written('{ balance(ownerId: "a", book: GEMS) { book: ownerId } }')).toBe(
      '{ balance(ownerId: "a", book: GEMS) { book: ownerId } }',
    )
  })

  test('is made once, so that the server knows it again', () => {
    const write = createBookWriter(bank.schema)
    const document = parse('{ balance(ownerId: "a") { amount } }')
    expect(write(document)).toBe(write(document))
  })
})

describe('an app with one book', () => {
  test.each(reads('ivy'))('does not know the parameter of %s', async (target) => {
    for (const book of ['solo', 'gems', '']) {
      const { status, json } = await solo.get(inBook(target, book))
      expect([status, json.errors]).toEqual([
        422,
        [{ field: 'book', message: 'is not a field of this request' }],
      ])
    }
  })

  test('answers without books, and its openapi.json does not speak of them', async () => {
    const entry = await solo.enter('ivy', 'CREDIT_ADD', 3)
    const held = { owner_id: 'ivy', operation: 'CREDIT_SPEND', amount: 1, nonce: 'h', expires_in: 60 }
    await solo.post('/ledger/holds', held)
    await solo.post(`/ledger/transactions/${entry.transaction_id}/reverse`, { nonce: 'r' })
    for (const target of [...reads('ivy'), '/operations', '/openapi.json']) {
      const { json } = await solo.get(target)
      expect([target, JSON.stringify(json).match(/book/gi)]).toEqual([target, null])
    }
  })

  test('runs the documents as they are', () => {
    const sent: unknown[] = []
    const documentsOf = (schema: GraphQLSchema) =>
      createRest({ app: 'a', schema, execute: (document) => sent.push(document) && {} }).routes.map(
        ({ document }) => document,
      )
    const unchanged = new Set(documentsOf(solo.schema))
    expect(documentsOf(solo.schema).filter((document) => !unchanged.has(document))).toEqual([])
    expect(documentsOf(bank.schema).filter((document) => unchanged.has(document)).length).toBe(0)
  })
})
