import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { parse } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLedgerClient } from '../src/index.ts'
import { loseAnswer, startFixture } from './fixture.ts'

const createContent: TypedDocumentNode<
  { createContent: number },
  { input: { title: string; nonce: string } }
> = parse('mutation ($input: CreateContentInput!) { createContent(input: $input) }')

describe('request', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>
  const clientOf = () => createLedgerClient({ url: fixture.url, retry: { baseDelayMs: 1 } })

  beforeEach(async () => {
    fixture = await startFixture()
  })
  afterEach(() => fixture.stop())

  it('sends the app’s own typed documents, with or without variables', async () => {
    const ping: TypedDocumentNode<{ __typename: 'Query' }, Record<string, never>> = parse('{ __typename }')
    expect(await clientOf().request(ping)).toEqual({ __typename: 'Query' })
    const input = { title: 'Ada', nonce: 'n1' }
    expect(await clientOf().request(createContent, { input })).toEqual({ createContent: 1 })
  })

  it('repeats a query', async () => {
    fixture.faults.push(loseAnswer)
    const ping: TypedDocumentNode<{ __typename: 'Query' }> = parse('query Ping { __typename }')
    expect(await clientOf().request(ping)).toEqual({ __typename: 'Query' })
  })

  it('repeats a mutation whose input has a nonce', async () => {
    fixture.faults.push(loseAnswer)
    expect(await clientOf().request(createContent, { input: { title: 'Ada', nonce: 'n1' } })).toEqual({
      createContent: 2,
    })
  })

  it.each([
    ['without a nonce', 'mutation { touch(title: "a") }'],
    ['with an empty nonce', 'mutation { createContent(input: { title: "a", nonce: "" }) }'],
    [
      'of which one field has none',
      'mutation { touch(title: "a") createContent(input: { title: "a", nonce: "b" }) }',
    ],
    [
      'behind a fragment',
      'mutation { ...F } fragment F on Mutation { createContent(input: { title: "a", nonce: "b" }) }',
    ],
  ])('never repeats a mutation %s', async (_, text) => {
    fixture.faults.push(loseAnswer)
    const document: TypedDocumentNode<unknown, Record<string, never>> = parse(text)
    await expect(clientOf().request(document)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
    })
    expect(fixture.requests).toHaveLength(1)
  })
})
