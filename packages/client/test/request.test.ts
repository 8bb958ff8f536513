import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { parse } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLedgerClient } from '../src/index.ts'
import { startFixture } from './fixture.ts'
import { loseAnswer } from './proxy.ts'

const createNote: TypedDocumentNode<
  { createNote: { note: { text: string }; replayed: boolean } },
  { input: { ownerId: string; text: string; nonce: string } }
> = parse(`mutation ($input: CreateNoteInput!) {
  createNote(input: $input) { ... on PostedNote { note { text } replayed } }
}`)

describe('request', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>
  const clientOf = () => createLedgerClient({ url: fixture.url, retry: { baseDelayMs: 1 } })

  beforeEach(async () => {
    fixture = await startFixture()
    await clientOf().postEntry({ ownerId: fixture.ownerId, operation: 'CREDIT_ADD', nonce: 'n0' })
    fixture.requests.length = 0
  })
  afterEach(() => fixture.stop())

  it('sends the app’s own typed documents, with or without variables', async () => {
    const ping: TypedDocumentNode<{ __typename: 'Query' }, Record<string, never>> = parse('{ __typename }')
    expect(await clientOf().request(ping)).toEqual({ __typename: 'Query' })
    const input = { ownerId: fixture.ownerId, text: 'Ada', nonce: 'n1' }
    expect(await clientOf().request(createNote, { input })).toEqual({
      createNote: { note: { text: 'Ada' }, replayed: false },
    })
  })

  it('repeats a query', async () => {
    fixture.faults.push(loseAnswer)
    const ping: TypedDocumentNode<{ __typename: 'Query' }> = parse('query Ping { __typename }')
    expect(await clientOf().request(ping)).toEqual({ __typename: 'Query' })
    expect(fixture.requests).toHaveLength(2)
  })

  it('repeats a mutation whose input has a nonce', async () => {
    fixture.faults.push(loseAnswer)
    const input = { ownerId: fixture.ownerId, text: 'Ada', nonce: 'n1' }
    expect(await clientOf().request(createNote, { input })).toEqual({
      createNote: { note: { text: 'Ada' }, replayed: true },
    })
    expect(fixture.requests).toHaveLength(2)
    expect((await fixture.entries()).map(({ nonce }) => nonce)).toEqual(['n0', 'n1'])
  })

  const create = (nonce: string) =>
    `createNote(input: { ownerId: $owner, text: "a", nonce: "${nonce}" }) { __typename }`
  it.each([
    [
      'without a nonce',
      'mutation ($owner: String!) { claimReward(ownerId: $owner) { id } }',
      ['DAILY_REWARD'],
    ],
    ['with an empty nonce', `mutation ($owner: String!) { ${create('')} }`, []],
    [
      'of which one field has none',
      `mutation ($owner: String!) { claimReward(ownerId: $owner) { id } ${create('b')} }`,
      ['DAILY_REWARD', 'CONTENT_CREATION'],
    ],
    [
      'behind a fragment',
      `mutation ($owner: String!) { ...F } fragment F on Mutation { ${create('b')} }`,
      ['CONTENT_CREATION'],
    ],
  ])('never repeats a mutation %s', async (_, text, posted) => {
    fixture.faults.push(loseAnswer)
    const document: TypedDocumentNode<unknown, { owner: string }> = parse(text)
    await expect(clientOf().request(document, { owner: fixture.ownerId })).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
    })
    expect(fixture.requests).toHaveLength(1)
    expect((await fixture.entries()).map(({ operation }) => operation)).toEqual(['CREDIT_ADD', ...posted])
  })
})
