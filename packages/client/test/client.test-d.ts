import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { BookOf } from '@shared-ledger/ledger'
import { describe, expectTypeOf, it } from 'vitest'
import {
  type AvailableBalance,
  createLedgerClient,
  type LedgerAccount,
  type LedgerBalance,
  type LedgerEntry,
  type LedgerHold,
  type LedgerLot,
  type LedgerSummaryLine,
  type LedgerTransaction,
  type SharedOperation,
} from '../src/index.ts'

type ContentOperation = SharedOperation | 'CONTENT_CREATION' | 'CONTENT_ACCESS'

type Books = Uppercase<BookOf<{ readonly GEM_GRANT: { readonly amount: 1; readonly book: 'gems' } }, 'bank'>>

declare const byId: TypedDocumentNode<{ title: string }, { id: string }>
declare const all: TypedDocumentNode<{ titles: string[] }, { [key: string]: never }>

const url = 'http://localhost:4001/graphql'
const content = createLedgerClient<ContentOperation>({ url })
const entry = { ownerId: 'ada', operation: 'CONTENT_CREATION' } as const
const anothers = { ownerId: 'ada', operation: 'PROJECT_PAYMENT' } as const
const times = { from: new Date(), to: '2026-11-21T10:15:30.000Z' }

describe('LedgerClient', () => {
  it('accepts the app’s operations and no other app’s', () => {
    void content.postEntry(entry)
    void content.postEntry({ ...entry, amount: 5, nonce: 'n', metadata: { a: 'b' }, dryRun: true })
    // @ts-expect-error another app's operation
    void content.postEntry(anothers)
    void content.postTransaction({ entries: [entry, entry], balanced: true })
    // @ts-expect-error another app's operation
    void content.postTransaction({ entries: [entry, anothers] })
    void content.postEntries([entry, { ...entry, nonce: 'n' }], { dryRun: true })
    // @ts-expect-error another app's operation
    void content.postEntries([anothers])
    void content.holdCredits({ ...entry, expiresIn: 60 })
    // @ts-expect-error another app's operation
    void content.holdCredits({ ...anothers, expiresIn: 60 })
    void content.entries({ ownerId: 'ada', operations: ['CONTENT_ACCESS'] })
    // @ts-expect-error another app's operation
    void content.entries({ ownerId: 'ada', operations: ['PROJECT_PAYMENT'] })
    // @ts-expect-error another app's operation
    void content.allEntries({ ownerId: 'ada', operations: ['PROJECT_PAYMENT'] })
    void content.summary({ ...times, per: 'DAY', operations: ['CREDIT_ADD'] })
    // @ts-expect-error another app's operation
    void content.summary({ ...times, per: 'DAY', operations: ['PROJECT_PAYMENT'] })
  })

  it('does not post a retired operation, but reads its entries', () => {
    const retiring = createLedgerClient<ContentOperation, Exclude<ContentOperation, 'CONTENT_CREATION'>>({
      url,
    })
    void retiring.postEntry({ ownerId: 'ada', operation: 'CONTENT_ACCESS' })
    // @ts-expect-error CONTENT_CREATION is retired
    void retiring.postEntry(entry)
    // @ts-expect-error CONTENT_CREATION is retired
    void retiring.postEntries([entry])
    // @ts-expect-error CONTENT_CREATION is retired
    void retiring.postTransaction({ entries: [entry] })
    // @ts-expect-error CONTENT_CREATION is retired
    void retiring.holdCredits({ ...entry, expiresIn: 60 })
    void retiring.entries({ ownerId: 'ada', operations: ['CONTENT_CREATION'] })
    void retiring.summary({ ...times, per: 'DAY', operations: ['CONTENT_CREATION'] })
    expectTypeOf(retiring.entry('1')).resolves.toEqualTypeOf<LedgerEntry<ContentOperation> | null>()
    expectTypeOf<LedgerEntry['operationName']>().toEqualTypeOf<string>()
    // @ts-expect-error the operations to post must be operations of the app
    createLedgerClient<SharedOperation, 'CONTENT_ACCESS'>({ url })
  })

  it('knows the shared operations when no type is given', () => {
    const shared = createLedgerClient({ url })
    void shared.postEntry({ ownerId: 'ada', operation: 'SIGNUP_CREDIT' })
    // @ts-expect-error an app's own operation
    void shared.postEntry(entry)
    // @ts-expect-error not every app has transfers
    void shared.entries({ ownerId: 'ada', operations: ['TRANSFER_IN'] })
    expectTypeOf<SharedOperation>().toEqualTypeOf<
      'DAILY_REWARD' | 'SIGNUP_CREDIT' | 'CREDIT_SPEND' | 'CREDIT_ADD'
    >()
  })

  it('returns everything with the app’s operations', () => {
    expectTypeOf(content.entry('1')).resolves.toEqualTypeOf<LedgerEntry<ContentOperation> | null>()
    expectTypeOf<LedgerEntry<ContentOperation>['operation']>().toEqualTypeOf<ContentOperation | null>()
    expectTypeOf<LedgerEntry['amount']>().toEqualTypeOf<number>()
    expectTypeOf<LedgerEntry['metadata']>().toEqualTypeOf<Readonly<Record<string, string>>>()
    expectTypeOf<
      Awaited<ReturnType<typeof content.operations>>[number]['name']
    >().toEqualTypeOf<ContentOperation>()
    expectTypeOf(
      content.transaction('1'),
    ).resolves.toEqualTypeOf<LedgerTransaction<ContentOperation> | null>()
    expectTypeOf<
      LedgerTransaction<ContentOperation>['entries'][number]['operation']
    >().toEqualTypeOf<ContentOperation | null>()
    expectTypeOf(content.hold('1')).resolves.toEqualTypeOf<LedgerHold<ContentOperation> | null>()
    expectTypeOf<LedgerHold<ContentOperation>['operation']>().toEqualTypeOf<ContentOperation | null>()
    expectTypeOf<LedgerSummaryLine<ContentOperation>['operation']>().toEqualTypeOf<ContentOperation | null>()
    expectTypeOf<LedgerAccount['createdOn']>().toEqualTypeOf<string>()
    expectTypeOf(content.balance('ada', { asOf: new Date() })).resolves.toEqualTypeOf<LedgerBalance>()
    expectTypeOf(content.available('ada')).resolves.toEqualTypeOf<AvailableBalance>()
    expectTypeOf<AvailableBalance['held']>().toEqualTypeOf<number>()
  })

  it('distinguishes the outcomes of a posting', async () => {
    const result = await content.postEntry(entry)
    if (result.ok) {
      expectTypeOf(result.entry.operation).toEqualTypeOf<ContentOperation | null>()
      expectTypeOf(result.replayed).toEqualTypeOf<boolean>()
      return
    }
    expectTypeOf(result.message).toEqualTypeOf<string>()
    switch (result.__typename) {
      case 'DuplicateNonceError':
        expectTypeOf(result.entry.operation).toEqualTypeOf<ContentOperation | null>()
        return
      case 'ValidationError':
        expectTypeOf(result.errors[0]?.field).toEqualTypeOf<string | undefined>()
        return
      case 'LimitReachedError':
        expectTypeOf(result.operation).toEqualTypeOf<ContentOperation>()
        expectTypeOf(result.nextOn).toEqualTypeOf<string | null>()
        return
      case 'AccountStateError':
        expectTypeOf(result.balance.amount).toEqualTypeOf<number>()
        return
      default:
        expectTypeOf(result.balance).toEqualTypeOf<LedgerBalance>()
    }
  })

  it('distinguishes the outcomes of the other commands', async () => {
    const posted = await content.postTransaction({ entries: [entry] })
    if (posted.ok) expectTypeOf(posted.balances[0]?.amount).toEqualTypeOf<number | undefined>()
    // @ts-expect-error a posting of a transaction never gives NotFoundError
    else if (posted.__typename === 'NotFoundError') return

    const refunded = await content.refundEntry({ id: '1', amount: 1 })
    if (!refunded.ok && refunded.__typename === 'RefundExceededError') {
      expectTypeOf(refunded.refundable).toEqualTypeOf<number>()
    }
    const captured = await content.captureHold({ id: '1' })
    if (captured.ok) {
      expectTypeOf(captured.entry.operation).toEqualTypeOf<ContentOperation | null>()
      expectTypeOf(captured.balance.available).toEqualTypeOf<number>()
    } else if (captured.__typename === 'HoldEndedError') {
      expectTypeOf(captured.hold.operation).toEqualTypeOf<ContentOperation | null>()
    }
    const set = await content.setOverdraft({ ownerId: 'ada', limit: 1 })
    if (set.ok || set.__typename === 'OverdraftInUseError') {
      expectTypeOf(set.balance.overdraft).toEqualTypeOf<AvailableBalance['overdraft']>()
    }
    const [first] = await content.postEntries([entry])
    if (first?.ok) expectTypeOf(first.entry.operation).toEqualTypeOf<ContentOperation | null>()
  })

  it('accepts what a command needs, and no more', () => {
    // @ts-expect-error the amount is missing
    void content.transfer({ from: 'ada', to: 'bob' })
    // @ts-expect-error the time is missing
    void content.holdCredits(entry)
    // @ts-expect-error dryRun is for the whole batch
    void content.postEntries([{ ...entry, dryRun: true }])
    // @ts-expect-error releasing needs no nonce
    void content.releaseHold('1', { nonce: 'n' })
    // @ts-expect-error summaries have no weekly window
    void content.summary({ ...times, per: 'WEEK' })
    // @ts-expect-error a number is not a moment
    void content.balance('ada', { asOf: 0 })
  })

  it('names no book in an app with one', () => {
    // @ts-expect-error the app has one book
    createLedgerClient<ContentOperation>({ url, books: true })
    // @ts-expect-error the app has one book
    void content.balance('ada', { book: 'CONTENT' })
    // @ts-expect-error the app has one book
    void content.entries({ ownerId: 'ada', book: 'CONTENT' })
    // @ts-expect-error the app has one book
    void content.setOverdraft({ ownerId: 'ada', limit: 1, book: 'CONTENT' })
    expectTypeOf<LedgerEntry>().not.toHaveProperty('book')
    expectTypeOf<LedgerBalance>().toEqualTypeOf<{ readonly ownerId: string; readonly amount: number }>()
  })

  it('names the books of an app with several', async () => {
    // @ts-expect-error an app with several books says so
    createLedgerClient<SharedOperation, SharedOperation, Books>({ url })
    const bank = createLedgerClient<SharedOperation, SharedOperation, Books>({ url, books: true })
    const book = 'GEMS'
    void bank.available('ada')
    void bank.available('ada', { book })
    void bank.entriesPosted('ada', { book })
    void bank.summary({ ...times, per: 'DAY', book })
    void bank.accounts({ prefix: 'a', book })
    void bank.accountEntries({ ownerId: 'ada', book, last: 5 })
    void bank.setOverdraft({ ownerId: 'ada', limit: 1, book })
    // @ts-expect-error not a book of the app
    void bank.balance('ada', { book: 'COINS' })
    // @ts-expect-error the graph's names are in upper case
    void bank.balance('ada', { book: 'gems' })
    // @ts-expect-error not a book of the app
    void bank.allEntries({ ownerId: 'ada', book: 'COINS' })
    // @ts-expect-error not a book of the app
    void bank.holds('ada', { book: 'COINS' })
    // @ts-expect-error not a book of the app
    void bank.entryByNonce('ada', 'n', { book: 'COINS' })
    // @ts-expect-error each operation has its book
    void bank.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', book })

    expectTypeOf(bank.balance('ada')).resolves.toEqualTypeOf<LedgerBalance<Books>>()
    expectTypeOf<LedgerBalance<Books>['book']>().toEqualTypeOf<Books>()
    expectTypeOf<LedgerEntry<SharedOperation, Books>['book']>().toEqualTypeOf<Books>()
    expectTypeOf<LedgerHold<SharedOperation, Books>['book']>().toEqualTypeOf<Books>()
    expectTypeOf<LedgerAccount<Books>['balance']['book']>().toEqualTypeOf<Books>()
    expectTypeOf<
      LedgerTransaction<SharedOperation, Books>['entries'][number]['book']
    >().toEqualTypeOf<Books>()
    expectTypeOf<LedgerTransaction<SharedOperation, Books>>().not.toHaveProperty('book')
    const operations = await bank.operations()
    expectTypeOf(operations[0]?.book).toEqualTypeOf<Books | undefined>()
    const posted = await bank.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD' })
    if (posted.ok || posted.__typename === 'DuplicateNonceError') {
      expectTypeOf(posted.entry.book).toEqualTypeOf<Books>()
      expectTypeOf(posted.balance.book).toEqualTypeOf<Books>()
    } else if (posted.__typename === 'InsufficientBalanceError') {
      expectTypeOf(posted.balance.book).toEqualTypeOf<Books>()
    }
  })

  it('exchanges by the operations that exchange', async () => {
    type Of = SharedOperation | 'GEM_SALE'
    const bank = createLedgerClient<Of, Of, Books, 'GEM_SALE'>({ url, books: true })
    const sold = await bank.exchange({ ownerId: 'ada', operation: 'GEM_SALE', amount: 2 })
    if (sold.ok) {
      expectTypeOf(sold.transaction).toEqualTypeOf<LedgerTransaction<Of, Books>>()
      expectTypeOf(sold.balances[0]?.book).toEqualTypeOf<Books | undefined>()
    }
    // @ts-expect-error it exchanges nothing
    void bank.exchange({ ownerId: 'ada', operation: 'CREDIT_SPEND', amount: 2 })
    // @ts-expect-error the amount is missing
    void bank.exchange({ ownerId: 'ada', operation: 'GEM_SALE' })
    // @ts-expect-error the app has no exchanges
    void content.exchange({ ownerId: 'ada', operation: 'CONTENT_CREATION', amount: 2 })
    // @ts-expect-error not an operation of the app
    createLedgerClient<SharedOperation, SharedOperation, Books, 'GEM_SALE'>({ url, books: true })
  })

  it('posts credits that expire, and voids lots', async () => {
    void content.postEntry({ ...entry, expiresOn: new Date() })
    void content.postEntries([{ ...entry, expiresOn: '2027-01-01T00:00:00Z' }])
    void content.postTransaction({ entries: [{ ...entry, expiresOn: new Date() }] })
    // @ts-expect-error a number is not a moment
    void content.postEntry({ ...entry, expiresOn: 0 })
    // @ts-expect-error a hold takes credits
    void content.holdCredits({ ...entry, expiresIn: 60, expiresOn: new Date() })
    const metadata = { reason: 'given by mistake' }
    const voided = await content.voidLot({ id: '1', metadata })
    if (voided.ok) expectTypeOf(voided.entry).toEqualTypeOf<LedgerEntry<ContentOperation>>()
    else if (voided.__typename === 'LotEndedError') expectTypeOf(voided.code).toEqualTypeOf<string>()
    // @ts-expect-error a void is never limited
    else if (voided.__typename === 'LimitReachedError') return
    // @ts-expect-error the reason is missing
    void content.voidLot({ id: '1' })
    // @ts-expect-error the reason is missing
    void content.voidLot({ id: '1', metadata: { order: 'A-17' } })
  })

  it('reads lots', () => {
    const bank = createLedgerClient<SharedOperation, SharedOperation, Books>({ url, books: true })
    expectTypeOf(content.lot('1')).resolves.toEqualTypeOf<LedgerLot | null>()
    expectTypeOf(content.liveLots('ada')).resolves.toEqualTypeOf<readonly LedgerLot[]>()
    expectTypeOf(content.expiring('ada')).resolves.toExtend<{ amount: number; on: string } | null>()
    expectTypeOf<LedgerLot['kind']>().toEqualTypeOf<'PAID' | 'PROMOTIONAL'>()
    expectTypeOf<LedgerLot['held']>().toEqualTypeOf<number>()
    expectTypeOf<LedgerLot['expiresOn']>().toEqualTypeOf<string | null>()
    expectTypeOf<LedgerLot>().not.toHaveProperty('book')
    expectTypeOf<LedgerLot<Books>['book']>().toEqualTypeOf<Books>()
    void content.lots({ ownerId: 'ada', live: true, last: 5 })
    void bank.lots({ ownerId: 'ada', book: 'GEMS' })
    void bank.expiring('ada', { book: 'GEMS' })
    // @ts-expect-error not a book of the app
    void bank.liveLots('ada', { book: 'COINS' })
    // @ts-expect-error the app has one book
    void content.lots({ ownerId: 'ada', book: 'GEMS' })
    // @ts-expect-error first and last together
    void content.lots({ ownerId: 'ada', first: 5, last: 5 })
  })

  it('distinguishes the entries of an account', async () => {
    const { entries } = await content.accountEntries({ ownerId: 'ada' })
    for (const entry of entries) {
      if (entry.__typename === 'LedgerEntry') {
        expectTypeOf(entry.operation).toEqualTypeOf<ContentOperation | null>()
      } else {
        expectTypeOf(entry.app).toEqualTypeOf<string>()
        // @ts-expect-error another app's nonce is not told
        void entry.nonce
      }
    }
  })

  it('accepts a page forward or backward, not both', () => {
    void content.entries({ ownerId: 'ada', last: 5, before: 'c' })
    void content.accounts({ prefix: 'a', last: 5 })
    // @ts-expect-error first and last together
    void content.entries({ ownerId: 'ada', first: 5, last: 5 })
    // @ts-expect-error before without last
    void content.entries({ ownerId: 'ada', before: 'c' })
    // @ts-expect-error first and last together
    void content.accounts({ first: 5, last: 5 })
  })

  it('requires the variables of a document', () => {
    expectTypeOf(content.request(byId, { id: '1' })).resolves.toEqualTypeOf<{ title: string }>()
    expectTypeOf(content.request(all)).resolves.toEqualTypeOf<{ titles: string[] }>()
    // @ts-expect-error the variables are missing
    void content.request(byId)
    // @ts-expect-error the id is a string
    void content.request(byId, { id: 1 })
  })
})
