import { type Principal, type Scope, ValidationError } from '@shared-ledger/ledger'
import { graphql } from 'graphql'
import { afterEach, describe, expect, test } from 'vitest'
import { anyone } from './build-schema.ts'
import { graphOf, openLots } from './open-lots.ts'

const { shop, guest, moveClock } = await openLots()
const { ask, schema } = graphOf(shop)
const guests = graphOf(guest)
afterEach(() => moveClock('2026-11-10T00:00Z'))

let count = 0
const newOwner = () => `owner-${++count}`
const newNonce = () => `n ${++count}`

/** Posts an entry by a graph, and returns the member of its union. */
async function post(ownerId: string, operation: string, amount: number, more = '', from = ask) {
  const { data, errors } = await from(`mutation { it: postLedgerEntry(input: {
    ownerId: "${ownerId}", operation: ${operation}, amount: ${amount}, nonce: "${newNonce()}" ${more} }) {
    __typename ... on Error { code message } ... on ValidationError { errors { field message } }
    ... on PostLedgerEntrySuccess { entry { id amount lots { amount lotId } } balance { amount expiring { amount on } lots { rest } } }
  } }`)
  if (errors) throw new Error(JSON.stringify(errors))
  return data.it
}

/** Returns the ids of the lots that an owner spends from, in this order. */
async function liveIds(ownerId: string): Promise<string[]> {
  const { data } = await ask(`{ balance(ownerId: "${ownerId}") { lots { id } } }`)
  return data.balance.lots.map(({ id }: { id: string }) => id)
}

const voidIt = (id: string, more = '', principal?: Principal) =>
  ask(
    `mutation { it: voidLot(input: { id: "${id}", nonce: "${newNonce()}", metadata: { reason: "a test" } ${more} }) {
      __typename ... on Error { code message } ... on ValidationError { errors { field message } }
      ... on DuplicateNonceError { identical entry { id } }
      ... on VoidLotSuccess { entry { id operation amount metadata lots { amount lotId } } balance { amount lots { id } } } } }`,
    principal,
  )

/** Returns what a field of a document has thrown. */
const causeOf = async (source: string) =>
  (await graphql({ schema, source, contextValue: { principal: anyone } })).errors?.[0]?.originalError

const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code

describe('a balance', () => {
  test('says what expires next and from which lots it is spent, before and after the moment', async () => {
    const ann = newOwner()
    await post(ann, 'CREDIT_ADD', 5)
    const empty = await ask(`{ balance(ownerId: "${ann}") { amount expiring { amount on } lots { rest } } }`)
    expect(empty.data.balance).toEqual({ amount: 5, expiring: null, lots: [] })
    await post(ann, 'PROMO', 10)
    await post(ann, 'GIFT', 4, ', expiresOn: "2026-12-20T01:00:00+01:00"')
    const source = `{ balance(ownerId: "${ann}") { amount expiring { amount on }
      lots { app ownerId amount rest held priority kind createdOn expiresOn } } }`
    const own = { app: 'shop', ownerId: ann, held: 0, createdOn: '2026-11-10T00:00:00.000Z' }
    const gift = {
      ...own,
      amount: 4,
      rest: 4,
      priority: 10,
      kind: 'PAID',
      expiresOn: '2026-12-20T00:00:00.000Z',
    }
    const opening = { ...own, amount: 5, rest: 5, priority: 50, kind: 'PAID', expiresOn: null }
    const on = '2026-12-10T00:00:00.000Z'
    const promo = { ...own, amount: 10, rest: 10, priority: 50, kind: 'PROMOTIONAL', expiresOn: on }
    await moveClock('2026-12-09T23:59:59.999Z')
    expect((await ask(source)).data.balance).toEqual({
      amount: 19,
      expiring: { amount: 10, on },
      lots: [gift, promo, opening],
    })
    await moveClock(on)
    expect((await ask(source)).data.balance).toEqual({
      amount: 9,
      expiring: { amount: 4, on: gift.expiresOn },
      lots: [gift, opening],
    })
  })

  test('of a past moment or of a dry run has no lots, because they are those of now', async () => {
    const ann = newOwner()
    const posted = await post(ann, 'PROMO', 3)
    expect(posted.balance).toEqual({
      amount: 3,
      expiring: { amount: 3, on: '2026-12-10T00:00:00.000Z' },
      lots: [{ rest: 3 }],
    })
    const tried = await post(ann, 'PROMO', 3, ', dryRun: true')
    expect(tried).toMatchObject({ balance: { amount: 6, expiring: null, lots: null }, entry: { lots: null } })
    const past = await ask(
      `{ balance(ownerId: "${ann}", asOf: "2026-11-10T00:00:00Z") { amount expiring { on } lots { id } } }`,
    )
    expect(past.data.balance).toEqual({ amount: 3, expiring: null, lots: null })
  })
})

describe('an entry', () => {
  test('says what it took from which lots, and a lot says what was taken from it', async () => {
    const ann = newOwner()
    await post(ann, 'CREDIT_ADD', 2)
    const promo = await post(ann, 'PROMO', 3)
    const spent = await post(ann, 'SPENT', 4)
    const [opening] = await liveIds(ann)
    const { data } = await ask(`{ ledgerEntry(id: "${spent.entry.id}") {
      lots { amount lotId entry { id } lot { id rest kind entry { id operation } uses { edges { node { amount entry { id } lot { id } } } } } } } }`)
    const lots = data.ledgerEntry.lots
    const entry = { id: spent.entry.id }
    const promoId = lots[0].lotId
    expect(lots).toEqual([
      {
        amount: -3,
        lotId: promoId,
        entry,
        lot: {
          id: promoId,
          rest: 0,
          kind: 'PROMOTIONAL',
          entry: { id: promo.entry.id, operation: 'PROMO' },
          uses: { edges: [{ node: { amount: -3, entry, lot: { id: promoId } } }] },
        },
      },
      {
        amount: -1,
        lotId: opening,
        entry,
        lot: {
          id: opening,
          rest: 1,
          kind: 'PAID',
          entry: null,
          uses: { edges: [{ node: { amount: -1, entry, lot: { id: opening } } }] },
        },
      },
    ])
    const refund =
      await ask(`mutation { refundLedgerEntry(input: { id: "${entry.id}", amount: 2, nonce: "${newNonce()}" }) {
      ... on RefundLedgerEntrySuccess { entry { lots { amount lotId } } } } }`)
    expect(refund.data.refundLedgerEntry.entry.lots).toEqual([
      { amount: 1, lotId: opening },
      { amount: 1, lotId: promoId },
    ])
  })
})

describe('lists', () => {
  test('of an account’s lots and of a lot’s uses come in pages', async () => {
    const ann = newOwner()
    for (const amount of [1, 2, 9]) await post(ann, 'BOUGHT', amount)
    await post(ann, 'SPENT', 4)
    const lots = async (args: string) => {
      const { data } = await ask(`{ it: ledgerLots(ownerId: "${ann}" ${args}) {
        edges { cursor node { id amount rest } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`)
      return data.it
    }
    const amountsOf = ({ edges }: { edges: { node: { amount: number } }[] }) =>
      edges.map(({ node }) => node.amount)
    const all = await lots('')
    expect(amountsOf(all)).toEqual([9, 2, 1])
    const first = await lots(', first: 2')
    expect([amountsOf(first), first.pageInfo.hasNextPage]).toEqual([[9, 2], true])
    expect(amountsOf(await lots(`, first: 2, after: "${first.pageInfo.endCursor}"`))).toEqual([1])
    expect(amountsOf(await lots(`, last: 1, before: "${first.pageInfo.endCursor}"`))).toEqual([9])
    expect(amountsOf(await lots(', live: true'))).toEqual([9])

    for (let spend = 0; spend < 4; spend++) await post(ann, 'SPENT', 1)
    const { id } = all.edges[0].node
    const uses = async (args: string) => {
      const { data } = await ask(
        `{ it: ledgerLot(id: "${id}") { uses(${args}) { edges { node { amount } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
      )
      return data.it.uses
    }
    const page = await uses('first: 3')
    expect([amountsOf(page), page.pageInfo.hasNextPage]).toEqual([[-1, -1, -1], true])
    const next = await uses(`first: 3, after: "${page.pageInfo.endCursor}"`)
    expect([amountsOf(next), next.pageInfo.hasNextPage]).toEqual([[-1, -1], false])
    expect(amountsOf(await uses(`last: 1, before: "${next.pageInfo.startCursor}"`))).toEqual([-1])
  })

  test('of live lots have none that has expired, although no entry has taken it yet', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 3)
    await post(ann, 'BOUGHT', 5)
    await moveClock('2026-12-10T00:00Z')
    const { data } = await ask(`{
      live: ledgerLots(ownerId: "${ann}", live: true) { edges { node { rest } } }
      all: ledgerLots(ownerId: "${ann}") { edges { node { rest } } } }`)
    expect(data.live.edges).toEqual([{ node: { rest: 5 } }])
    expect(data.all.edges).toEqual([{ node: { rest: 5 } }, { node: { rest: 0 } }])
  })
})

describe('a void', () => {
  test('takes what is left of a lot, once', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 5)
    await post(ann, 'SPENT', 2)
    const [id = ''] = await liveIds(ann)
    const tried = (await voidIt(id, ', dryRun: true')).data.it
    expect(tried).toMatchObject({ entry: { amount: -3, lots: null }, balance: { amount: 0, lots: null } })
    expect(await liveIds(ann)).toEqual([id])
    const input = `id: "${id}", nonce: "void ${ann}", metadata: { reason: "fraud" }`
    const voiding = () =>
      ask(`mutation { it: voidLot(input: { ${input} }) { __typename
        ... on DuplicateNonceError { identical }
        ... on VoidLotSuccess { entry { operation amount metadata lots { amount lotId } } balance { amount lots { id } } } } }`)
    expect((await voiding()).data.it).toEqual({
      __typename: 'VoidLotSuccess',
      entry: {
        operation: 'CREDIT_VOIDED',
        amount: -3,
        metadata: { reason: 'fraud' },
        lots: [{ amount: -3, lotId: id }],
      },
      balance: { amount: 0, lots: [] },
    })
    expect((await voiding()).data.it).toEqual({ __typename: 'DuplicateNonceError', identical: true })
    expect((await voidIt(id)).data.it).toMatchObject({ __typename: 'LotEndedError', code: 'LOT_ENDED' })
  })

  test('is refused while a hold keeps the lot, for an unknown lot, and without a reason', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 5)
    const [id = ''] = await liveIds(ann)
    const held = await ask(`mutation { it: holdCredits(input: {
      ownerId: "${ann}", operation: SPENT, amount: 1, expiresIn: 60, nonce: "${newNonce()}" }) {
      ... on HoldCreditsSuccess { hold { id } balance { lots { rest held } } } } }`)
    expect(held.data.it.balance.lots).toEqual([{ rest: 5, held: 1 }])
    expect((await voidIt(id)).data.it).toMatchObject({ __typename: 'LotEndedError', code: 'LOT_HELD' })
    for (const unknown of ['999999', '0', '-1', 'x', '', '9'.repeat(40)]) {
      expect((await voidIt(unknown)).data.it).toMatchObject({
        __typename: 'NotFoundError',
        code: 'LOT_NOT_FOUND',
      })
    }
    const { data } = await ask(`mutation { it: voidLot(input: { id: "${id}", nonce: "${newNonce()}" }) {
      ... on ValidationError { errors { field message } } } }`)
    expect(data.it.errors).toEqual([
      { field: 'metadata.reason', message: 'is required: why the lot is voided' },
    ])
  })
})

describe('the book that apps share', () => {
  test('has lots of both, and no app sees entries of the other', async () => {
    const ann = newOwner()
    await post(ann, 'BOUGHT', 5)
    await post(ann, 'WELCOME', 4, '', guests.ask)
    await post(ann, 'VISIT', 1, '', guests.ask)
    const { entry } = await post(ann, 'SPENT', 5)
    const { data } = await ask(`{
      ledgerLots(ownerId: "${ann}") { edges { node { id app rest entry { operation } uses { edges { node { amount entry { operation } lot { app } } } } } } }
      ledgerEntry(id: "${entry.id}") { lots { amount lotId lot { app } } } }`)
    const [welcome, bought] = data.ledgerLots.edges.map(({ node }: { node: object }) => node)
    expect(welcome).toMatchObject({
      app: 'guest',
      rest: 0,
      entry: null,
      uses: {
        edges: [
          { node: { amount: -1, entry: null, lot: { app: 'guest' } } },
          { node: { amount: -3, entry: { operation: 'SPENT' }, lot: { app: 'guest' } } },
        ],
      },
    })
    expect(bought).toMatchObject({ app: 'shop', rest: 3, entry: { operation: 'BOUGHT' } })
    expect(data.ledgerEntry.lots).toEqual([
      { amount: -3, lotId: welcome.id, lot: null },
      { amount: -2, lotId: bought.id, lot: { app: 'shop' } },
    ])
    const own = await ask(`{ ledgerLot(id: "${welcome.id}") { id } }`)
    expect(own.data.ledgerLot).toBeNull()
    expect((await voidIt(welcome.id)).data.it).toMatchObject({ code: 'LOT_NOT_FOUND' })
    const theirs = await guests.ask(`{
      ledgerLots(ownerId: "${ann}", book: SHOP) { edges { node { app book entry { operation } } } }
      balance(ownerId: "${ann}", book: SHOP) { amount lots { app rest } expiring { amount } } }`)
    expect(theirs.data.ledgerLots.edges).toEqual([
      { node: { app: 'guest', book: 'SHOP', entry: { operation: 'WELCOME' } } },
      { node: { app: 'shop', book: 'SHOP', entry: null } },
    ])
    expect(theirs.data.balance).toEqual({ amount: 3, lots: [{ app: 'shop', rest: 3 }], expiring: null })
  })
})

describe('a summary', () => {
  const sums = 'kind start granted used expired voided outstanding'
  const range = 'from: "2026-11-01T00:00:00Z", to: "2026-12-31T00:00:00Z", per: MONTH'
  const summary = (ownerId: string, principal?: Principal) =>
    ask(`{ it: ledgerLotSummary(ownerId: "${ownerId}", ${range}) { ${sums} } }`, principal)

  test('says what became of lots, by kind and month', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 10)
    await post(ann, 'SPENT', 4)
    await post(ann, 'BOUGHT', 5)
    const [, bought = ''] = await liveIds(ann)
    await voidIt(bought)
    await moveClock('2026-12-20T00:00Z')
    const november = { start: '2026-11-01T00:00:00.000Z', expired: 0 }
    const december = { start: '2026-12-01T00:00:00.000Z', granted: 0, used: 0, voided: 0, outstanding: 0 }
    const lines = [
      { kind: 'PROMOTIONAL', ...november, granted: 10, used: 4, voided: 0, outstanding: 6 },
      { kind: 'PAID', ...november, granted: 5, used: 0, voided: 5, outstanding: 0 },
      { kind: 'PROMOTIONAL', ...december, expired: 6 },
      { kind: 'PAID', ...december, expired: 0 },
    ]
    expect((await summary(ann)).data.it).toEqual(lines)
    const all = await ask(`{ it: ledgerLotSummary(${range}) { kind granted } }`)
    expect(all.data.it[0].granted).toBeGreaterThan(10)
    expect((await summary(ann, { name: ann, owner: ann })).data.it).toEqual(lines)
    expect(codeOf(await summary(ann, { name: 'eve', owner: 'eve' }))).toBe('FORBIDDEN')
    const ofAll = `{ it: ledgerLotSummary(${range}) { kind } }`
    expect(codeOf(await ask(ofAll, { name: ann, owner: ann }))).toBe('FORBIDDEN')
    expect(codeOf(await ask(ofAll, { name: 'service', scopes: ['post', 'correct', 'admin'] }))).toBe(
      'FORBIDDEN',
    )
  })

  test('of a time that is none is refused', async () => {
    for (const times of [
      'from: "2026-12-01T00:00:00Z", to: "2026-11-01T00:00:00Z", per: MONTH',
      'from: "1980-01-01T00:00:00Z", to: "2026-11-01T00:00:00Z", per: HOUR',
    ]) {
      expect(await causeOf(`{ ledgerLotSummary(${times}) { kind } }`)).toBeInstanceOf(ValidationError)
    }
  })
})

describe('access', () => {
  const as = (...given: Scope[]): Principal => ({ name: 'service', scopes: given })

  test('an owner reads its own lots, and no others', async () => {
    const [ann, bob] = [newOwner(), newOwner()]
    await post(ann, 'PROMO', 5)
    const { entry } = await post(ann, 'SPENT', 2)
    const [id = ''] = await liveIds(ann)
    const [me, other]: Principal[] = [
      { name: ann, owner: ann },
      { name: bob, owner: bob },
    ]
    const lots = `ledgerLots(ownerId: "${ann}") { edges { node { id rest entry { operation } uses { edges { node { amount entry { id } } } } } } }`
    const byId = `ledgerLot(id: "${id}") { id }`
    const mine = await ask(
      `{ ${lots} ${byId} balance(ownerId: "${ann}") { lots { id } expiring { amount } } ledgerEntry(id: "${entry.id}") { lots { lot { id } } } }`,
      me,
    )
    expect(mine.errors).toBeUndefined()
    expect(mine.data).toMatchObject({
      ledgerLots: {
        edges: [
          {
            node: {
              id,
              entry: { operation: 'PROMO' },
              uses: { edges: [{ node: { entry: { id: entry.id } } }] },
            },
          },
        ],
      },
      ledgerLot: { id },
      balance: { lots: [{ id }], expiring: { amount: 3 } },
      ledgerEntry: { lots: [{ lot: { id } }] },
    })
    const theirs = await ask(`{ ${lots} }`, other)
    expect([codeOf(theirs), theirs.data]).toEqual(['FORBIDDEN', null])
    expect(await ask(`{ ${byId} }`, other)).toEqual({ data: { ledgerLot: null } })
    expect(await ask('{ ledgerLot(id: "999999") { id } }', other)).toEqual({ data: { ledgerLot: null } })
    expect(codeOf(await voidIt(id, '', me))).toBe('FORBIDDEN')
    expect(codeOf(await voidIt(id, '', other))).toBe('FORBIDDEN')
    expect(await liveIds(ann)).toEqual([id])
  })

  test('a service reads lots with the scope read, and voids them with the scope correct', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 5)
    const [id = ''] = await liveIds(ann)
    for (const source of [
      `{ ledgerLots(ownerId: "${ann}") { edges { cursor } } }`,
      `{ ledgerLot(id: "${id}") { id } }`,
    ]) {
      expect(codeOf(await ask(source, as('post', 'correct', 'admin')))).toBe('FORBIDDEN')
      expect((await ask(source, as('read'))).errors).toBeUndefined()
    }
    expect(codeOf(await voidIt(id, '', as('read', 'post', 'admin')))).toBe('FORBIDDEN')
    expect((await voidIt(id, '', as('correct'))).data.it.__typename).toBe('VoidLotSuccess')
  })

  test('a service that only posts does not reach lots, and other entries through them', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 5)
    const posting = (selection: string) =>
      ask(
        `mutation { it: postLedgerEntry(input: { ownerId: "${ann}", operation: SPENT, amount: 1, nonce: "${newNonce()}" }) {
          ... on PostLedgerEntrySuccess { ${selection} } } }`,
        as('post'),
      )
    const own = await posting('entry { lots { amount lotId } } balance { expiring { amount } }')
    expect(own.errors).toBeUndefined()
    expect(own.data.it).toMatchObject({
      entry: { lots: [{ amount: -1 }] },
      balance: { expiring: { amount: 4 } },
    })
    for (const selection of [
      'balance { lots { id } }',
      'entry { lots { lot { id } } }',
      'entry { lots { entry { id } } }',
    ]) {
      expect(codeOf(await posting(selection))).toBe('FORBIDDEN')
    }
  })
})

describe('bad input', () => {
  test('is refused by field', async () => {
    const ann = newOwner()
    const gift = (expiresOn: string) => post(ann, 'GIFT', 1, expiresOn)
    expect((await gift('')).errors).toEqual([
      { field: 'expiresOn', message: 'is required: when the credits of GIFT expire' },
    ])
    expect((await gift(', expiresOn: "2026-11-10T00:00:00Z"')).errors[0].field).toBe('expiresOn')
    expect((await gift(', expiresOn: "1969-12-31T23:59:59Z"')).errors[0].field).toBe('expiresOn')
    expect((await post(ann, 'CREDIT_ADD', 1, ', expiresOn: "2027-11-10T00:00:00Z"')).errors[0].field).toBe(
      'expiresOn',
    )
    const transaction =
      await ask(`mutation { it: postLedgerTransaction(input: { nonce: "${newNonce()}", entries: [
      { ownerId: "${ann}", operation: BOUGHT, amount: 1 }, { ownerId: "${ann}", operation: GIFT, amount: 1 }] }) {
      ... on ValidationError { errors { field } } } }`)
    expect(transaction.data.it.errors).toEqual([{ field: 'entries.1.expiresOn' }])
    for (const expiresOn of ['"tomorrow"', '5', '""', '"2026-13-01T00:00:00Z"']) {
      await expect(gift(`, expiresOn: ${expiresOn}`)).rejects.toThrow('DateTime must be a date and time')
    }
  })

  test('never counts as a fault of the server', async () => {
    const ann = newOwner()
    await post(ann, 'PROMO', 2)
    const [id = ''] = await liveIds(ann)
    for (const field of [
      'ledgerLots(ownerId: "") { edges { cursor } }',
      `ledgerLots(ownerId: "${'x'.repeat(256)}") { edges { cursor } }`,
      `ledgerLots(ownerId: "${ann}", first: 0) { edges { cursor } }`,
      `ledgerLots(ownerId: "${ann}", first: 101) { edges { cursor } }`,
      `ledgerLots(ownerId: "${ann}", first: 1, last: 1) { edges { cursor } }`,
      `ledgerLots(ownerId: "${ann}", after: "x") { edges { cursor } }`,
      `ledgerLot(id: "${id}") { uses(first: -1) { edges { cursor } } }`,
      `ledgerLot(id: "${id}") { uses(after: "x") { edges { cursor } } }`,
      `ledgerLot(id: "${id}") { uses(before: "${Buffer.from('["use","1.99999999999"]').toString('base64url')}") { edges { cursor } } }`,
    ]) {
      expect([field, await causeOf(`{ ${field} }`)]).toEqual([field, expect.any(ValidationError)])
    }
    for (const unknown of ['', 'x', '0', '-1', '1e3', '9'.repeat(18), '9'.repeat(300)]) {
      expect(await ask(`{ ledgerLot(id: "${unknown}") { id } }`)).toEqual({ data: { ledgerLot: null } })
    }
  })
})
