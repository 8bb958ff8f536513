import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { defineOperations, sharedOperations, ValidationError } from '../src/index.ts'
import { balanceOf, openLedger, postBySql } from './open-ledger.ts'

const { ledger, another, sql } = await openLedger()
const count = 45

beforeAll(async () => {
  await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', amount: 1000, nonce: '1' })
  for (let i = 2; i <= count; i += 1) {
    await ledger.postEntry({
      ownerId: 'ada',
      operation: i % 3 ? 'CREDIT_SPEND' : 'CONTENT_ACCESS',
      nonce: String(i),
    })
  }
})

const seqs = (page: Awaited<ReturnType<typeof ledger.entries>>) => page.edges.map(({ node }) => node.seq)

describe('balance', () => {
  test('of an unknown owner is 0', async () => {
    expect(await ledger.balance('nobody')).toEqual(balanceOf('nobody', 0))
  })

  test("of many owners in one turn is each owner's own", async () => {
    const owners = Array.from({ length: 64 }, (_, i) => (i % 2 ? 'ada' : `nobody ${i}`))
    const balances = await Promise.all(owners.map((ownerId) => ledger.balance(ownerId)))
    expect(balances.map(({ ownerId }) => ownerId)).toEqual(owners)
  })

  test.each(['', 'x'.repeat(256), 'a\0', '\udfff'])(
    'refuses an owner that cannot be: %j',
    async (ownerId) => {
      await expect(ledger.balance(ownerId)).rejects.toThrow(ValidationError)
      await expect(ledger.balance(ownerId)).rejects.toMatchObject({ errors: [{ field: 'ownerId' }] })
      await expect(ledger.entries({ ownerId })).rejects.toMatchObject({ errors: [{ field: 'ownerId' }] })
      await expect(ledger.entryByNonce(ownerId, 'n')).rejects.toMatchObject({
        errors: [{ field: 'ownerId' }],
      })
    },
  )
})

describe('entry', () => {
  test.each(['0', '-1', '1.5', 'x', '', '99999999999999999999', '999999999999999999', '1; DROP TABLE'])(
    'with the id %j there is none',
    async (id) => {
      expect(await ledger.entry(id)).toBeNull()
    },
  )

  test('of another app is not found', async () => {
    await postBySql(sql, { app: 'freelance', nonce: 'f' })
    const { rows } = await sql.query("SELECT id FROM ledger.entries WHERE app = 'freelance'")
    expect(await ledger.entry(rows[0].id)).toBeNull()
    expect(await ledger.entryByNonce('ada', 'f')).toBeNull()
  })

  test('is found by owner and nonce', async () => {
    const entry = await ledger.entryByNonce('ada', '7')
    expect(entry).toMatchObject({ seq: 7, nonce: '7', operation: 'CREDIT_SPEND' })
    expect(await ledger.entryByNonce('ada', 'none')).toBeNull()
  })

  test('of an operation that this server does not know has its name', async () => {
    const older = another(defineOperations(sharedOperations))
    expect(await older.entryByNonce('ada', '2')).toMatchObject({ operation: 'CREDIT_SPEND' })
    expect(await older.entryByNonce('ada', '3')).toMatchObject({
      operation: null,
      operationName: expect.stringMatching(/^CONTENT_/),
    })
    await older.close()
  })
})

describe('entries', () => {
  test('are newest first, 20 a page', async () => {
    const page = await ledger.entries({ ownerId: 'ada' })
    expect(seqs(page)).toEqual(Array.from({ length: 20 }, (_, i) => count - i))
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  })

  test('for any page size, forward or backward, are all entries once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.boolean(), async (size, backward) => {
        const read: number[] = []
        let cursor: string | null = null
        for (let more = true; more; ) {
          const page = await ledger.entries(
            backward
              ? { ownerId: 'ada', last: size, before: cursor }
              : { ownerId: 'ada', first: size, after: cursor },
          )
          if (backward) read.unshift(...seqs(page))
          else read.push(...seqs(page))
          more = backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage
          cursor = backward ? page.pageInfo.startCursor : page.pageInfo.endCursor
        }
        expect(read).toEqual(Array.from({ length: count }, (_, i) => count - i))
      }),
      { numRuns: 20 },
    )
  })

  test('can be limited to some operations', async () => {
    const page = await ledger.entries({
      ownerId: 'ada',
      operations: ['CONTENT_ACCESS', 'CREDIT_ADD'],
      first: 100,
    })
    expect(seqs(page)).toEqual([...Array.from({ length: 15 }, (_, i) => 45 - 3 * i), 1])
    expect(seqs(await ledger.entries({ ownerId: 'ada', operations: [] }))).toEqual([])
  })

  test('keep their pages while new ones come', async () => {
    const first = await ledger.entries({ ownerId: 'ada', first: 5 })
    const again = { ownerId: 'ada', first: 5, after: first.pageInfo.endCursor } as const
    const second = seqs(await ledger.entries(again))
    await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'new' })
    expect(seqs(await ledger.entries(again))).toEqual(second)
  })

  test.each([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['first', { first: 1.5 }],
    ['last', { last: -1 }],
    ['last', { first: 1, last: 1 }],
    ['after', { after: 'nonsense' }],
    ['after', { after: '' }],
    ['before', { before: Buffer.from('seq:01').toString('base64url') }],
    ['after', { after: 'x'.repeat(1_000_000) }],
  ])('refuse a bad %s', async (field, page) => {
    await expect(ledger.entries({ ownerId: 'ada', ...page })).rejects.toMatchObject({ errors: [{ field }] })
  })
})
