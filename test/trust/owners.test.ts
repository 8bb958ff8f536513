import { describe, expect, test } from 'vitest'
import { openApps, secrets } from './apps.ts'
import { calls } from './ledger-calls.ts'

const { freelance, content, known, fields, sharedEntry, sharedTransaction } = await openApps()

const entryParts = `id ownerId amount balanceAfter nonce metadata seq transactionId createdOn
  transaction { id nonce metadata createdOn entries { id ownerId nonce metadata transaction { nonce metadata entries { ownerId } } } }`

/** Every way in which ann may reach the transaction that she shares with bob. */
const ways: Readonly<Record<string, () => Promise<string>>> = {
  'the entry by its id': async () =>
    (await freelance.graphql('ann', `{ ledgerEntry(id: "${sharedEntry}") { ${entryParts} } }`)).text,
  'the transaction by its id': async () =>
    (
      await freelance.graphql(
        'ann',
        `{ ledgerTransaction(id: "${sharedTransaction}") { id nonce metadata entries { id ownerId nonce metadata transaction { nonce metadata entries { ownerId } } } } }`,
      )
    ).text,
  'her entries': async () =>
    (
      await freelance.graphql(
        'ann',
        `{ ledgerEntries(ownerId: "ann", first: 5) { edges { cursor node { ${entryParts} } } } }`,
      )
    ).text,
  'her entries, page by page': async () => {
    let after = ''
    let text = ''
    for (;;) {
      const page = `(ownerId: "ann", first: 1, after: ${after === '' ? 'null' : JSON.stringify(after)})`
      const { json, text: one } = await freelance.graphql(
        'ann',
        `{ ledgerEntries${page} { edges { node { ${entryParts} } } pageInfo { hasNextPage endCursor } } }`,
      )
      text += one
      const { pageInfo } = json.data.ledgerEntries
      if (!pageInfo.hasNextPage) return text
      after = pageInfo.endCursor
    }
  },
  'her entries as they are posted': () =>
    freelance.stream(
      'ann',
      `subscription { ledgerEntryPosted(ownerId: "ann", after: "") { entry { ${entryParts} } balance { ownerId } } }`,
      new RegExp(sharedTransaction),
    ),
  'an alias in a fragment': async () =>
    (
      await freelance.graphql(
        'ann',
        `query Q { a: ledgerEntry(id: "${sharedEntry}") { ...E } b: ledgerEntry(id: "${sharedEntry}") { n: nonce m: metadata } }
         fragment E on LedgerEntry { i: id t: transaction { ...T } } fragment T on LedgerTransaction { i: id n: nonce m: metadata e: entries { o: ownerId m: metadata } }`,
      )
    ).text,
  'REST: the entry': async () => (await freelance.rest('ann', 'GET', `/ledger/entries/${sharedEntry}`)).text,
  'REST: the transaction': async () =>
    (await freelance.rest('ann', 'GET', `/ledger/transactions/${sharedTransaction}`)).text,
  'REST: her entries': async () => (await freelance.rest('ann', 'GET', '/ledger/ann/entries')).text,
}

describe('an owner sees of a transaction with others', () => {
  test.each(Object.entries(ways))('its id and the own entries: %s', async (_, ask) => {
    const text = await ask()
    expect(text).toContain(sharedTransaction)
    expect(text).toContain(sharedEntry)
    for (const secret of secrets) expect(text).not.toContain(secret)
  })

  test('its date, and empty texts in place of the shared ones', async () => {
    const { json } = await freelance.graphql(
      'ann',
      `{ ledgerTransaction(id: "${sharedTransaction}") { id nonce metadata createdOn entries { ownerId nonce metadata } } }`,
    )
    expect(json.data.ledgerTransaction).toEqual({
      id: sharedTransaction,
      nonce: '',
      metadata: {},
      createdOn: expect.any(String),
      entries: [{ ownerId: 'ann', nonce: '', metadata: {} }],
    })
  })

  test('a service sees all of it', async () => {
    const { text } = await freelance.graphql(
      'read',
      `{ ledgerEntry(id: "${sharedEntry}") { ${entryParts} } }`,
    )
    for (const secret of secrets) expect(text).toContain(secret)
  })
})

test('an owner sees everything that belongs only to its own account', async () => {
  const { json } = await freelance.graphql(
    'ann',
    `{ ledgerEntry(id: "${known.entry}") { nonce metadata transaction { nonce metadata entries { nonce } } } }`,
  )
  expect(json.data.ledgerEntry).toEqual({
    nonce: 'alone',
    metadata: { mine: 'yes' },
    transaction: { nonce: 'alone', metadata: { mine: 'yes' }, entries: [{ nonce: 'alone' }] },
  })
})

test('an owner does not learn by guessing what the others of a transaction wrote', async () => {
  const byNonce = await freelance.graphql(
    'ann',
    '{ a: ledgerEntryByNonce(ownerId: "ann", nonce: "secret-nonce") { id } b: ledgerEntryByNonce(ownerId: "ann", nonce: "") { id } c: ledgerEntryByNonce(ownerId: "ann", nonce: "alone") { id } }',
  )
  expect(byNonce.json.data).toEqual({ a: null, b: null, c: { id: known.entry } })
  expect(await freelance.rest('ann', 'GET', '/ledger/ann/entry?nonce=secret-nonce')).toMatchObject({
    status: 404,
    json: { code: 'ENTRY_NOT_FOUND' },
  })
  const byMetadata = await freelance.graphql(
    'ann',
    '{ ledgerEntries(ownerId: "ann", metadata: { key: "note", value: "secret-metadata" }) { edges { node { id } } pageInfo { endCursor } } }',
  )
  expect(byMetadata.json).toMatchObject({ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] })
})

test.each(Object.keys(calls))('a stranger learns nothing of an account by %s', async (field) => {
  const selection = calls[field]?.field(known, 'x')
  const { served, root = '' } = fields.get(field) ?? {}
  const { status, text } =
    (await served?.graphql('eve', `${root.toLowerCase()} { ${field}${selection} }`)) ?? {}
  expect(status, text).toBe(200)
  expect(text).not.toMatch(/"ann"|"bob"|alone|secret/)
})

test('an app’s own field that leads to another account is empty', async () => {
  const query = `{ content(id: "${known.content}") { title entry { id ownerId } } }`
  expect((await content.graphql('ann', query)).json.data.content.entry).toMatchObject({ ownerId: 'ann' })
  expect((await content.graphql('eve', query)).json.data.content).toEqual({
    title: 'On ledgers',
    entry: null,
  })
})

test('a service without read follows no field of an app to an account', async () => {
  const query = `{ contents(ownerId: "ann") { title entry { balanceAfter nonce } } }`
  for (const caller of ['nobody', 'post', 'correct', 'admin'] as const) {
    const { json } = await content.graphql(caller, query)
    expect(json.data.contents[0].entry).toBeNull()
    expect(json.errors[0].extensions.code).toBe('FORBIDDEN')
  }
  const access = `mutation { accessContent(input: { contentId: "${known.content}", ownerId: "zoe", nonce: "${crypto.randomUUID()}" }) {
    ... on PostedContent { entry { ownerId } content { entry { nonce } } } } }`
  const { json } = await content.graphql('post', access)
  expect(json.data.accessContent).toEqual({ entry: { ownerId: 'zoe' }, content: { entry: null } })
  expect(json.errors).toHaveLength(1)
})

test('an owner acts only for its own account, and sees the result', async () => {
  const create = (ownerId: string, nonce: string) =>
    `mutation { createContent(input: { ownerId: "${ownerId}", title: "T", body: "B", nonce: "${nonce}" }) {
       __typename ... on PostedContent { entry { ownerId nonce } balance { amount } } } }`
  expect((await content.graphql('ann', create('ann', 'mine'))).json).toEqual({
    data: {
      createContent: {
        __typename: 'PostedContent',
        entry: { ownerId: 'ann', nonce: 'mine' },
        balance: { amount: 990 },
      },
    },
  })
  expect((await content.graphql('eve', create('ann', 'hers'))).json.errors[0].extensions.code).toBe(
    'FORBIDDEN',
  )
})
