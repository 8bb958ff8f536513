import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { describe, expectTypeOf, it } from 'vitest'
import {
  createLedgerClient,
  type LedgerBalance,
  type LedgerEntry,
  type SharedOperation,
} from '../src/index.ts'

type ContentOperation = SharedOperation | 'CONTENT_CREATION' | 'CONTENT_ACCESS'

declare const byId: TypedDocumentNode<{ title: string }, { id: string }>
declare const all: TypedDocumentNode<{ titles: string[] }, { [key: string]: never }>

const url = 'http://localhost:4001/graphql'
const content = createLedgerClient<ContentOperation>({ url })

describe('LedgerClient', () => {
  it('takes the app’s operations and no other’s', () => {
    void content.postEntry({ ownerId: 'ada', operation: 'CONTENT_CREATION' })
    void content.postEntry({
      ownerId: 'ada',
      operation: 'CREDIT_ADD',
      amount: 5,
      nonce: 'n',
      metadata: { a: 'b' },
    })
    // @ts-expect-error another app's operation
    void content.postEntry({ ownerId: 'ada', operation: 'PROJECT_PAYMENT' })
    void content.entries({ ownerId: 'ada', operations: ['CONTENT_ACCESS'] })
    // @ts-expect-error another app's operation
    void content.entries({ ownerId: 'ada', operations: ['PROJECT_PAYMENT'] })
    // @ts-expect-error another app's operation
    void content.allEntries({ ownerId: 'ada', operations: ['PROJECT_PAYMENT'] })
  })

  it('knows the shared operations when it is told none', () => {
    const shared = createLedgerClient({ url })
    void shared.postEntry({ ownerId: 'ada', operation: 'SIGNUP_CREDIT' })
    // @ts-expect-error an app's own operation
    void shared.postEntry({ ownerId: 'ada', operation: 'CONTENT_CREATION' })
  })

  it('gives entries of the app’s operations', () => {
    expectTypeOf(content.entry('1')).resolves.toEqualTypeOf<LedgerEntry<ContentOperation> | null>()
    expectTypeOf<LedgerEntry<ContentOperation>['operation']>().toEqualTypeOf<ContentOperation>()
    expectTypeOf<LedgerEntry['amount']>().toEqualTypeOf<number>()
    expectTypeOf<LedgerEntry['metadata']>().toEqualTypeOf<Readonly<Record<string, string>>>()
    expectTypeOf<
      Awaited<ReturnType<typeof content.operations>>[number]['name']
    >().toEqualTypeOf<ContentOperation>()
    expectTypeOf(content.balance('ada')).resolves.toEqualTypeOf<LedgerBalance>()
  })

  it('tells the outcomes of a posting apart', async () => {
    const result = await content.postEntry({ ownerId: 'ada', operation: 'CONTENT_CREATION' })
    if (result.ok) {
      expectTypeOf(result.entry.operation).toEqualTypeOf<ContentOperation>()
      expectTypeOf(result.replayed).toEqualTypeOf<boolean>()
      return
    }
    expectTypeOf(result.message).toEqualTypeOf<string>()
    switch (result.__typename) {
      case 'DuplicateNonceError':
        expectTypeOf(result.entry.operation).toEqualTypeOf<ContentOperation>()
        return
      case 'ValidationError':
        expectTypeOf(result.errors[0]?.field).toEqualTypeOf<string | undefined>()
        return
      default:
        expectTypeOf(result.balance).toEqualTypeOf<LedgerBalance>()
    }
  })

  it('takes a page forward or backward, not both', () => {
    void content.entries({ ownerId: 'ada', last: 5, before: 'c' })
    // @ts-expect-error first and last together
    void content.entries({ ownerId: 'ada', first: 5, last: 5 })
    // @ts-expect-error before without last
    void content.entries({ ownerId: 'ada', before: 'c' })
  })

  it('takes the variables that a document needs', () => {
    expectTypeOf(content.request(byId, { id: '1' })).resolves.toEqualTypeOf<{ title: string }>()
    expectTypeOf(content.request(all)).resolves.toEqualTypeOf<{ titles: string[] }>()
    // @ts-expect-error the variables are missing
    void content.request(byId)
    // @ts-expect-error the id is a string
    void content.request(byId, { id: 1 })
  })
})
