import { createLedgerClient } from '@shared-ledger/client'
import type { OperationOf } from '@shared-ledger/ledger'
import { describe, expect, test } from 'vitest'
import type { operations } from '../src/operations.ts'
import {
  AccessContentDocument,
  ContentDocument,
  ContentsDocument,
  CreateContentDocument,
  FeatureContentDocument,
} from './generated/documents.ts'
import { startContent } from './start-content.ts'

const { url, post, count, moveClock } = await startContent()
const client = createLedgerClient<OperationOf<typeof operations>>({ url: `${url}/graphql` })

const give = (ownerId: string, amount: number) =>
  client.postEntry({ ownerId, operation: 'CREDIT_ADD', amount })
const create = async (ownerId: string, title: string, nonce: string) =>
  (await client.request(CreateContentDocument, { input: { ownerId, title, body: 'Text.', nonce } }))
    .createContent

describe('createContent', () => {
  test('costs CONTENT_CREATION; the content holds its entry', async () => {
    await give('writer', 12)
    const created = await create('writer', 'First', 'c1')
    expect(created).toMatchObject({
      __typename: 'PostedContent',
      content: { ownerId: 'writer', title: 'First', body: 'Text.', entry: { nonce: 'c1' } },
      entry: { operation: 'CONTENT_CREATION', amount: -5, balanceAfter: 7 },
      balance: { amount: 7 },
      replayed: false,
    })
    if (created.__typename !== 'PostedContent') return
    const { content } = await client.request(ContentDocument, { id: created.content.id })
    expect(content).toMatchObject({ title: 'First', accessCount: 0, entry: { id: created.entry.id } })
  })

  test('without credits leaves no row and no entry', async () => {
    const before = await count('contents')
    expect(await create('penniless', 'None', 'c1')).toMatchObject({
      __typename: 'InsufficientBalanceError',
      code: 'INSUFFICIENT_BALANCE',
    })
    expect(await count('contents')).toBe(before)
    expect(await client.entryByNonce('penniless', 'c1')).toBeNull()
  })

  test('sent 20 times at once makes one row, charges once and returns the same content', async () => {
    await give('retrier', 50)
    const before = await count('contents')
    const answers = await Promise.all(Array.from({ length: 20 }, () => create('retrier', 'Again', 'c1')))
    expect(
      new Set(answers.map((answer) => answer.__typename === 'PostedContent' && answer.content.id)).size,
    ).toBe(1)
    expect(
      answers.filter((answer) => answer.__typename === 'PostedContent' && !answer.replayed),
    ).toHaveLength(1)
    expect(await count('contents')).toBe(before + 1)
    expect(await client.balance('retrier')).toMatchObject({ amount: 45 })
  })

  test('refuses the nonce with another content, and the nonce of another posting', async () => {
    await give('reuser', 50)
    await create('reuser', 'One', 'c1')
    expect(await create('reuser', 'Two', 'c1')).toMatchObject({
      __typename: 'DuplicateNonceError',
      identical: false,
    })
    await client.postEntry({ ownerId: 'reuser', operation: 'CONTENT_CREATION', nonce: 'bare' })
    expect(await create('reuser', 'Two', 'bare')).toMatchObject({
      __typename: 'DuplicateNonceError',
      identical: false,
    })
    expect(await client.balance('reuser')).toMatchObject({ amount: 40 })
  })

  test('refuses the nonce of a hold', async () => {
    await post('/ledger', { owner_id: 'holder', operation: 'CREDIT_ADD', nonce: 'in' })
    const hold = { ownerId: 'holder', operation: 'CREDIT_SPEND', amount: 1, nonce: 'h', expiresIn: 60 }
    await post('/graphql', {
      query: 'mutation ($input: HoldCreditsInput!) { holdCredits(input: $input) { __typename } }',
      variables: { input: hold },
    })
    const before = await count('contents')
    expect(await create('holder', 'Held', 'h')).toMatchObject({
      __typename: 'DuplicateHoldError',
    })
    expect(await count('contents')).toBe(before)
  })

  test.each([
    ['title', ''],
    ['title', 'x'.repeat(201)],
    ['body', ''],
    ['body', 'x'.repeat(100_001)],
    ['body', 'NUL \0'],
    ['body', '\ud800'],
    ['ownerId', ''],
    ['nonce', 'x'.repeat(256)],
  ])('refuses a bad %s', async (field, value) => {
    const before = await count('contents')
    const input = { ownerId: 'writer', title: 'T', body: 'B', nonce: 'bad', [field]: value }
    const { createContent } = await client.request(CreateContentDocument, { input })
    expect(createContent).toMatchObject({ __typename: 'ValidationError', errors: [{ field }] })
    expect(await count('contents')).toBe(before)
  })
})

describe('accessContent', () => {
  test('records an access once per nonce', async () => {
    await give('author', 5)
    const created = await create('author', 'Read me', 'c1')
    if (created.__typename !== 'PostedContent') throw new Error(created.code)
    const access = async (contentId: string, nonce: string) =>
      (await client.request(AccessContentDocument, { input: { contentId, ownerId: 'reader', nonce } }))
        .accessContent
    const { id } = created.content
    const before = await count('accesses')
    expect(await access(id, 'a1')).toMatchObject({
      content: { id, accessCount: 1 },
      entry: { operation: 'CONTENT_ACCESS', amount: 0 },
      balance: { amount: 0 },
      replayed: false,
    })
    expect(await access(id, 'a1')).toMatchObject({ content: { id, accessCount: 1 }, replayed: true })
    expect(await access(id, 'a2')).toMatchObject({ content: { accessCount: 2 } })
    expect(await count('accesses')).toBe(before + 2)
  })

  test.each(['0', '-1', '1.5', 'x', '999999999', '99999999999999999999', ''])(
    'of a content %j that is not there is refused',
    async (contentId) => {
      const { accessContent } = await client.request(AccessContentDocument, {
        input: { contentId, ownerId: 'reader', nonce: `to ${contentId}` },
      })
      expect(accessContent).toMatchObject({ __typename: 'ContentNotFoundError', code: 'CONTENT_NOT_FOUND' })
      expect(await client.entryByNonce('reader', `to ${contentId}`)).toBeNull()
    },
  )
})

describe('the lots of credits', () => {
  const lotsOf = async (ownerId: string) =>
    (await client.liveLots(ownerId)).map(({ kind, rest, expiresOn }) => [kind, rest, expiresOn !== null])

  test('a daily reward is promotional and spent first; bought credits are paid and never expire', async () => {
    await give('saver', 5)
    const rewarded = await client.postEntry({ ownerId: 'saver', operation: 'DAILY_REWARD', nonce: 'monday' })
    if (!rewarded.ok) throw new Error(rewarded.code)
    expect(await lotsOf('saver')).toEqual([
      ['PROMOTIONAL', 1, true],
      ['PAID', 5, false],
    ])
    expect(await client.expiring('saver')).toEqual({
      amount: 1,
      on: new Date(Date.parse(rewarded.entry.createdOn) + 30 * 86_400_000).toISOString(),
    })
    await create('saver', 'Rewarded', 'c1')
    expect(await lotsOf('saver')).toEqual([['PAID', 1, false]])
  })

  test('a reward that nobody spent is gone after 30 days, and what was bought stays', async () => {
    await give('sleeper', 5)
    await client.postEntry({ ownerId: 'sleeper', operation: 'DAILY_REWARD', nonce: 'monday' })
    await moveClock('30 days')
    try {
      expect(await client.balance('sleeper')).toMatchObject({ amount: 5 })
      expect(await create('sleeper', 'Late', 'c1')).toMatchObject({ balance: { amount: 0 } })
      const { entries } = await client.entries({ ownerId: 'sleeper' })
      expect(entries.map(({ operation, amount }) => [operation, amount])).toEqual([
        ['CONTENT_CREATION', -5],
        ['CREDIT_EXPIRED', -1],
        ['DAILY_REWARD', 1],
        ['CREDIT_ADD', 5],
      ])
    } finally {
      await moveClock('0 days')
    }
  })

  test('a welcome and a featured content give credits that never expire, as every credit without a lot', async () => {
    await client.postEntry({ ownerId: 'newcomer', operation: 'SIGNUP_CREDIT', nonce: 'welcome' })
    await client.postEntry({ ownerId: 'newcomer', operation: 'DAILY_REWARD', nonce: 'monday' })
    await client.postEntry({ ownerId: 'newcomer', operation: 'SIGNUP_CREDIT', nonce: 'welcome back' })
    expect(await lotsOf('newcomer')).toEqual([
      ['PROMOTIONAL', 1, true],
      ['PAID', 3, false],
      ['PAID', 3, false],
    ])
  })
})

test('contents are read newest first, page by page', async () => {
  await give('prolific', 25)
  for (const n of [1, 2, 3, 4, 5]) await create('prolific', `No ${n}`, `c${n}`)
  const page = async (after?: string) =>
    (await client.request(ContentsDocument, { ownerId: 'prolific', first: 2, after: after ?? null })).contents
  const first = await page()
  const second = await page(first[1]?.id)
  const third = await page(second[1]?.id)
  expect([...first, ...second, ...third].map(({ title }) => title)).toEqual([
    'No 5',
    'No 4',
    'No 3',
    'No 2',
    'No 1',
  ])
})

describe('by REST', () => {
  test('a content is published, accessed, and found again under its nonce', async () => {
    await post('/ledger', { owner_id: 'rest', operation: 'CREDIT_ADD', nonce: 'in' })
    const body = { owner_id: 'rest', title: 'T', body: 'B', nonce: 'c1' }
    const created = await post('/content', body)
    expect(created).toMatchObject({
      status: 201,
      body: {
        content: { owner_id: 'rest', title: 'T', body: 'B' },
        entry: { operation: 'CONTENT_CREATION', owner_id: 'rest', amount: -5 },
        balance: 5,
      },
    })
    const again = await post('/content', body)
    expect(again.body).toEqual(created.body)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await post('/content', { ...body, title: 'Other' })).toMatchObject({
      status: 409,
      body: { code: 'DUPLICATE_NONCE', entry: { nonce: 'c1' } },
    })
    const access = `/content/${created.body.content.id}/access`
    expect(await post(access, { owner_id: 'rest', nonce: 'a1' })).toMatchObject({
      status: 200,
      body: { content: created.body.content, entry: { operation: 'CONTENT_ACCESS', amount: 0 }, balance: 5 },
    })
    expect(await post(access, { owner_id: 'rest' }, { 'idempotency-key': 'a1' })).toMatchObject({
      status: 200,
    })
    expect(await post('/content/999999/access', { owner_id: 'rest', nonce: 'a2' })).toMatchObject({
      status: 404,
      body: { code: 'CONTENT_NOT_FOUND' },
    })
    expect(
      await post('/content', { owner_id: 'penniless', title: 'T', body: 'B', nonce: 'c' }),
    ).toMatchObject({
      status: 400,
      body: { code: 'INSUFFICIENT_BALANCE', balance: 0 },
    })
    expect(await post('/content', { owner_id: 'rest', title: '', nonce: 'c2', body: 'B' })).toMatchObject({
      status: 422,
      body: { code: 'VALIDATION_ERROR', errors: [{ field: 'title' }] },
    })
  })
})

describe('featureContent', () => {
  test('gives the author CONTENT_FEATURE, once per nonce', async () => {
    await give('star', 5)
    const created = await create('star', 'Featured', 'c1')
    if (created.__typename !== 'PostedContent') throw new Error(created.code)
    const contentId = created.content.id
    const feature = async (id: string) =>
      (await client.request(FeatureContentDocument, { input: { contentId: id, nonce: 'f1' } })).featureContent
    const entry = { ownerId: 'star', operation: 'CONTENT_FEATURE', amount: 2 }
    expect(await feature(contentId)).toEqual({ __typename: 'PostedContent', entry, replayed: false })
    expect(await feature(contentId)).toEqual({ __typename: 'PostedContent', entry, replayed: true })
    expect(await post(`/content/${contentId}/feature`, { nonce: 'f1' })).toMatchObject({
      status: 200,
      body: { entry: { amount: 2 }, balance: 2 },
    })
    const other = await create('star', 'Another', 'c2')
    expect(other).toMatchObject({ code: 'INSUFFICIENT_BALANCE' })
    expect(await feature('999')).toEqual({ __typename: 'ContentNotFoundError', code: 'CONTENT_NOT_FOUND' })
  })

  test('is the only way: no other request posts CONTENT_FEATURE', async () => {
    const posting = { owner_id: 'star', operation: 'CONTENT_FEATURE', nonce: 'mine' }
    expect(await post('/ledger', posting)).toMatchObject({
      status: 422,
      body: {
        errors: [
          {
            field: 'operation',
            message: 'CONTENT_FEATURE is internal: only the app itself posts it',
          },
        ],
      },
    })
  })
})
