import type { Principal } from '@shared-ledger/ledger'
import { createLedger, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { type GraphQLSchema, graphql } from 'graphql'
import { describe, expect, test } from 'vitest'
import { anyone, buildSchema, createBuilder, openLedger, operations } from './build-schema.ts'
import { openGames } from './open-games.ts'

const { pool, sql, ledger: games } = await openGames()

const ann: Principal = { name: 'ann', owner: 'ann' }

const run = async (schema: GraphQLSchema, source: string, principal: unknown = anyone) =>
  JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: { principal } })))

const code = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code

describe('a root field without access rules', () => {
  // The compiler refuses this. The test is for callers without a compiler.
  test.each([undefined, null])('keeps the graph from being built: %j', (access) => {
    const builder = createBuilder()
    builder.addLedger(openLedger(operations))
    builder.queryField('open', (t) => t.string({ access: access as never, resolve: () => 'x' }))
    expect(() => builder.toSchema()).toThrow(
      'Query.open does not say who may use it: give it access: { action, owner }.',
    )
  })

  test('a mutation that finds its owner only after it has acted is refused', () => {
    const builder = createBuilder()
    builder.addLedger(openLedger(operations))
    const access = { action: 'act', owner: { found: () => 'ann' } } as never
    builder.mutationField('late', (t) => t.string({ access, resolve: () => 'x' }))
    expect(() => builder.toSchema()).toThrow('Mutation.late has already acted when it finds its owner')
  })

  test('is refused however it came to the root', () => {
    const builder = createBuilder()
    builder.addLedger(openLedger(operations))
    builder.objectFields('Query' as never, (t) => ({ aside: t.string({ resolve: () => 'x' }) }))
    expect(() => builder.toSchema()).toThrow('Query.aside does not say who may use it')
  })
})

test.each([
  ['no context', undefined],
  ['a context without one', {}],
  ['one that is none', { principal: 'ann' }],
])('nobody is let in by %s', async (_, contextValue) => {
  const source = '{ balance(ownerId: "ann") { amount } }'
  const { data, errors } = await graphql({ schema: buildSchema(games), source, contextValue })
  expect(data).toBeNull()
  expect(errors?.[0]?.message).toMatch(/principal/)
})

test.each([
  '{ ledgerEntries { edges { cursor } } }',
  '{ ledgerEntries(ownerId: null) { edges { cursor } } }',
])('an owner must name its account: %s', async (source) => {
  const schema = buildSchema(games)
  expect(code(await run(schema, source, ann))).toBe('FORBIDDEN')
  expect(code(await run(schema, source))).toBeUndefined()
})

describe('an app’s own field that leads to accounts', () => {
  const give = async (ownerId: string) => {
    const nonce = crypto.randomUUID()
    const posted = await games.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce })
    if (!posted.ok) throw posted.error
    return posted.entry
  }

  async function openOwn() {
    const [mine, theirs] = [await give('ann'), await give('bob')]
    const builder = createBuilder()
    const { LedgerEntry, LedgerHold } = builder.addLedger(games)
    const Either = builder.unionType('Either', {
      types: [LedgerEntry, LedgerHold],
      resolveType: () => LedgerEntry,
    })
    const access = { action: 'open', owner: 'any' } as const
    builder.queryFields((t) => ({
      mine: t.field({ type: LedgerEntry, access, resolve: () => mine }),
      theirs: t.field({ type: LedgerEntry, nullable: true, access, resolve: async () => theirs }),
      needed: t.field({ type: LedgerEntry, nullable: false, access, resolve: () => theirs }),
      all: t.field({ type: [LedgerEntry], access, resolve: async () => [theirs, mine, theirs] }),
      either: t.field({ type: Either, nullable: true, access, resolve: () => theirs }),
      eithers: t.field({ type: [Either], access, resolve: () => [mine, theirs] }),
      found: t.field({
        type: [LedgerEntry],
        access: { action: 'read', owner: { found: ({ ownerId }) => ownerId } },
        resolve: () => [mine, theirs],
      }),
    }))
    return builder.toSchema()
  }

  test('shows an owner only its own account', async () => {
    const schema = await openOwn()
    const part = '{ ... on LedgerEntry { ownerId } }'
    const source = `{ mine ${part} theirs ${part} all ${part} either ${part} eithers ${part} found ${part} }`
    const own = { ownerId: 'ann' }
    const other = { ownerId: 'bob' }
    expect((await run(schema, source, ann)).data).toEqual({
      mine: own,
      theirs: null,
      all: [own],
      either: null,
      eithers: [own],
      found: [own],
    })
    expect((await run(schema, source)).data).toEqual({
      mine: own,
      theirs: other,
      all: [other, own, other],
      either: other,
      eithers: [own, other],
      found: [own, other],
    })
  })

  test('does the same when lists contain promises, or are not arrays', async () => {
    const [mine, theirs] = [await give('ann'), await give('bob')]
    const builder = createBuilder()
    const { LedgerEntry, LedgerBalance } = builder.addLedger(games)
    const access = { action: 'open', owner: 'any' } as const
    builder.queryFields((t) => ({
      promised: t.field({
        type: [LedgerEntry],
        access,
        resolve: () => [theirs, mine].map(({ id }) => games.entry(id)) as never,
      }),
      set: t.field({
        type: [LedgerBalance],
        access,
        resolve: async () => new Set([await games.balance('bob'), await games.balance('ann')]) as never,
      }),
      odd: t.field({ type: LedgerEntry, nullable: true, access, resolve: () => ({ amount: 5 }) as never }),
    }))
    const { data } = await run(
      builder.toSchema(),
      '{ promised { ownerId } set { ownerId } odd { amount } }',
      ann,
    )
    expect(data).toEqual({ promised: [{ ownerId: 'ann' }], set: [{ ownerId: 'ann' }], odd: null })
  })

  test('requires read of services, unless it says otherwise', async () => {
    const mine = await give('ann')
    const builder = createBuilder()
    const { LedgerEntry } = builder.addLedger(games)
    const Round = builder.objectRef<object>('Round').implement({
      fields: (t) => ({
        entry: t.field({ type: LedgerEntry, nullable: true, resolve: () => mine }),
        posted: t.field({
          type: LedgerEntry,
          nullable: true,
          access: { action: 'open' },
          resolve: () => mine,
        }),
      }),
    })
    builder.queryField('round', (t) =>
      t.field({ type: Round, access: { action: 'open', owner: 'any' }, resolve: () => ({}) }),
    )
    const schema = builder.toSchema()
    const ask = (field: string, principal: Principal) =>
      run(schema, `{ round { ${field} { ownerId transaction { entries { ownerId } } } } }`, principal)
    const nobody: Principal = { name: 'nobody', scopes: [] }
    const refused = await ask('entry', nobody)
    expect([refused.data.round.entry, code(refused)]).toEqual([null, 'FORBIDDEN'])
    for (const principal of [ann, { name: 'reader', scopes: ['read'] } as const]) {
      expect((await ask('entry', principal)).data.round.entry.ownerId).toBe('ann')
    }
    expect((await ask('posted', nobody)).data.round.posted.ownerId).toBe('ann')
  })

  test('is refused when it cannot be empty', async () => {
    const answer = await run(await openOwn(), '{ needed { ownerId } }', ann)
    expect([answer.data, code(answer)]).toEqual([null, 'FORBIDDEN'])
  })
})

describe('operations by trust', () => {
  const trusted = defineOperations({
    ...sharedOperations,
    PRIZE: { amount: { min: 1, max: 100 }, internal: true },
    STAKE: { amount: -1, internal: true },
    GOODWILL: { amount: { min: 1, max: 50 }, scope: 'admin' },
    FEE: { amount: { min: -9, max: -1 }, scope: 'admin' },
  })

  async function open() {
    await sql.query('SELECT ledger.set_operations($1, $2)', ['trusting', Object.keys(trusted)])
    const ledger = createLedger({ app: 'trusting', operations: trusted, pool })
    await ledger.postEntry({
      ownerId: 'ann',
      operation: 'CREDIT_ADD',
      amount: 100,
      nonce: crypto.randomUUID(),
    })
    return { ledger, schema: buildSchema(ledger) }
  }
  const poster: Principal = { name: 'poster', scopes: ['post'] }
  const both: Principal = { name: 'both', scopes: ['post', 'admin'] }
  const nonce = () => crypto.randomUUID()

  const postings = (operation: string) => [
    `postLedgerEntry(input: { ownerId: "ann", operation: ${operation}, amount: 1, nonce: "${nonce()}" })`,
    `postLedgerEntries(inputs: [
      { ownerId: "ann", operation: CREDIT_ADD, nonce: "${nonce()}" }
      { ownerId: "ann", operation: ${operation}, amount: 1, nonce: "${nonce()}" }])`,
    `postLedgerTransaction(input: { nonce: "${nonce()}", entries: [
      { ownerId: "ann", operation: CREDIT_ADD }, { ownerId: "ann", operation: ${operation}, amount: 1 }] })`,
    `holdCredits(input: { ownerId: "ann", operation: ${operation}, amount: 1, expiresIn: 9, nonce: "${nonce()}" })`,
  ]

  test.each(['PRIZE', 'STAKE'])('no input accepts an internal one: %s', async (operation) => {
    const { schema } = await open()
    for (const field of postings(operation)) {
      const { errors } = await run(schema, `mutation { ${field} { __typename } }`)
      expect(errors[0].message).toContain(
        `Value "${operation}" does not exist in "LedgerPostOperation" enum.`,
      )
    }
  })

  test('the app itself posts an internal one, and it can be read', async () => {
    const { ledger, schema } = await open()
    const posted = await ledger.postEntry({ ownerId: 'win', operation: 'PRIZE', amount: 7, nonce: nonce() })
    expect(posted).toMatchObject({ ok: true, balance: { amount: 7 } })
    const source =
      '{ ledgerEntries(ownerId: "win", operations: [PRIZE]) { edges { node { operation amount } } } }'
    expect((await run(schema, source)).data.ledgerEntries.edges).toEqual([
      { node: { operation: 'PRIZE', amount: 7 } },
    ])
  })

  test('no request ends a hold of an internal one', async () => {
    const { ledger, schema } = await open()
    const held = await ledger.holdCredits({
      ownerId: 'ann',
      operation: 'STAKE',
      expiresIn: 60,
      nonce: nonce(),
    })
    if (!held.ok) throw held.error
    const { id } = held.hold
    for (const field of [
      `captureHold(input: { id: "${id}", nonce: "${nonce()}" })`,
      `releaseHold(id: "${id}")`,
    ]) {
      const answer = await run(schema, `mutation { ${field} { __typename } }`)
      expect([code(answer), answer.errors[0].message]).toEqual([
        'FORBIDDEN',
        'Only the app itself ends holds of STAKE.',
      ])
    }
    expect(await ledger.hold(id)).toMatchObject({ status: 'HELD' })
    expect(await ledger.captureHold({ id, nonce: nonce() })).toMatchObject({ ok: true })
  })

  test('one that needs a scope is posted by callers with that scope and post', async () => {
    const { ledger, schema } = await open()
    const before = await ledger.balance('ann')
    for (const operation of ['GOODWILL', 'FEE'] as const) {
      for (const field of postings(operation)) {
        const refused = await run(schema, `mutation { ${field} { __typename } }`, poster)
        expect([code(refused), refused.errors[0].message]).toEqual([
          'FORBIDDEN',
          'This needs the scope admin, which the caller does not have.',
        ])
      }
    }
    expect(await ledger.balance('ann')).toEqual(before)
    for (const field of postings('FEE')) {
      expect((await run(schema, `mutation { it: ${field} { __typename } }`, both)).errors).toBeUndefined()
    }
    expect(await ledger.balance('ann')).not.toEqual(before)
  })

  test('a hold of one that needs a scope is ended by callers with that scope', async () => {
    const { ledger, schema } = await open()
    const held = await ledger.holdCredits({
      ownerId: 'ann',
      operation: 'FEE',
      amount: 2,
      expiresIn: 60,
      nonce: nonce(),
    })
    if (!held.ok) throw held.error
    const capture = `mutation { captureHold(input: { id: "${held.hold.id}", nonce: "${nonce()}" }) { __typename } }`
    expect(code(await run(schema, capture, poster))).toBe('FORBIDDEN')
    expect((await run(schema, capture, both)).data.captureHold.__typename).toBe('CaptureHoldSuccess')
    const unknown = await run(schema, 'mutation { releaseHold(id: "77") { __typename } }', poster)
    expect(unknown.data.releaseHold.__typename).toBe('NotFoundError')
  })

  test('the graph lists both for forms', async () => {
    const { schema } = await open()
    const { data } = await run(schema, '{ ledgerOperations { name internal scope } }')
    expect(data.ledgerOperations.slice(3)).toEqual([
      { name: 'CREDIT_ADD', internal: false, scope: null },
      { name: 'PRIZE', internal: true, scope: null },
      { name: 'STAKE', internal: true, scope: null },
      { name: 'GOODWILL', internal: false, scope: 'ADMIN' },
      { name: 'FEE', internal: false, scope: 'ADMIN' },
    ])
  })
})
