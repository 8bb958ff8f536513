import { describe, expect, test } from 'vitest'
import {
  createLedger,
  createPool,
  DuplicateNonceError,
  InsufficientBalanceError,
  LedgerError,
  ValidationError,
} from '../src/index.ts'
import { balanceOf, barrier, openLedger, operations } from './open-ledger.ts'

const { database, ledger, prisma, sql } = await openLedger({ deadlocks: 1 })

const credits = (ownerId: string) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount: 10, nonce: 'credits' })

describe("postEntry in the app's own transaction", () => {
  test('is committed with it', async () => {
    const posted = await prisma.$transaction((tx) =>
      ledger.postEntry({ ownerId: 'commit', operation: 'CREDIT_ADD', nonce: 'n' }, { tx }),
    )
    expect(posted.balance).toEqual(balanceOf('commit', 10))
    expect(await ledger.entry(posted.entry.id)).toEqual(posted.entry)
  })

  test('leaves no trace when it rolls back', async () => {
    const rolledBack = prisma.$transaction(async (tx) => {
      await ledger.postEntry({ ownerId: 'rollback', operation: 'CREDIT_ADD', nonce: 'n' }, { tx })
      throw new Error('the app changed its mind')
    })
    await expect(rolledBack).rejects.toThrow('the app changed its mind')
    expect(await ledger.balance('rollback')).toMatchObject({ amount: 0 })
    expect(await ledger.entryByNonce('rollback', 'n')).toBeNull()
    const { rows } = await sql.query("SELECT FROM ledger.accounts WHERE owner_id = 'rollback'")
    expect(rows).toEqual([])
  })

  test('throws every refusal, so that the transaction rolls back', async () => {
    await credits('refused')
    const refusal = (input: object) =>
      prisma.$transaction(async (tx) => {
        await ledger.postEntry({ ownerId: 'refused', operation: 'CREDIT_ADD', nonce: 'first' }, { tx })
        const unchecked = { ownerId: 'refused', ...input } as unknown as Parameters<
          typeof ledger.postEntry
        >[0]
        await ledger.postEntry(unchecked, { tx })
      })
    await expect(refusal({ operation: 'CREDIT_SPEND', amount: 50, nonce: 'n' })).rejects.toThrow(
      InsufficientBalanceError,
    )
    await expect(refusal({ operation: 'CREDIT_ADD', nonce: 'first' })).rejects.toThrow(DuplicateNonceError)
    await expect(refusal({ operation: 'CREDIT_ADD', nonce: '' })).rejects.toThrow(ValidationError)
    await expect(refusal({ operation: 'CREDIT_ADD', nonce: '' })).rejects.toThrow(LedgerError)
    expect(await ledger.balance('refused')).toMatchObject({ amount: 10 })
  })

  test('goes on where the app catches a refusal', async () => {
    await credits('caught')
    await prisma.$transaction(async (tx) => {
      const spend = { ownerId: 'caught', operation: 'CREDIT_SPEND', amount: 50, nonce: 'n' } as const
      await expect(ledger.postEntry(spend, { tx })).rejects.toThrow(InsufficientBalanceError)
      await ledger.postEntry({ ...spend, amount: 5 }, { tx })
    })
    expect(await ledger.balance('caught')).toMatchObject({ amount: 5 })
  })

  test('sees its own postings, others see them once it commits', async () => {
    await credits('seen')
    await prisma.$transaction(async (tx) => {
      await ledger.postEntry({ ownerId: 'seen', operation: 'CREDIT_SPEND', amount: 10, nonce: 'a' }, { tx })
      expect(await ledger.balance('seen')).toMatchObject({ amount: 10 })
      const more = ledger.postEntry(
        { ownerId: 'seen', operation: 'CREDIT_SPEND', amount: 1, nonce: 'b' },
        { tx },
      )
      await expect(more).rejects.toThrow(InsufficientBalanceError)
    })
    expect(await ledger.balance('seen')).toMatchObject({ amount: 0 })
  })

  test('waits for a transaction that posts to the same account, and judges after it', async () => {
    await credits('waits')
    const spend = (nonce: string) =>
      ({ ownerId: 'waits', operation: 'CREDIT_SPEND', amount: 10, nonce }) as const
    const second: Promise<unknown>[] = []
    await prisma.$transaction(async (tx) => {
      await ledger.postEntry(spend('first'), { tx })
      second.push(ledger.postEntry(spend('second')))
    })
    expect(await second[0]).toMatchObject({ ok: false, error: { code: 'INSUFFICIENT_BALANCE' } })
  })

  test('answers a deadlock as a retryable conflict', async () => {
    await credits('left')
    await credits('right')
    const add = (ownerId: string, nonce: string) => ({ ownerId, operation: 'CREDIT_ADD', nonce }) as const
    const arrive = barrier(2)
    const crossing = (first: string, then: string) =>
      prisma.$transaction(async (tx) => {
        await ledger.postEntry(add(first, `${first} ${then}`), { tx })
        await arrive()
        await ledger.postEntry(add(then, `${first} ${then}`), { tx })
      })
    const outcomes = await Promise.allSettled([crossing('left', 'right'), crossing('right', 'left')])
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(failed).toHaveLength(1)
    expect(failed[0]?.reason).toMatchObject({ code: 'TRANSACTION_CONFLICT', retryable: true })
    expect(await ledger.balance('left')).toMatchObject({ amount: 20 })
    expect(await ledger.balance('right')).toMatchObject({ amount: 20 })
  })
})

test.each([
  ['lock_timeout', 'ACCOUNT_BUSY'],
  ['statement_timeout', 'TRANSACTION_CONFLICT'],
] as const)(
  'a posting that waits longer than %s is refused as retryable (%s), and nothing is posted',
  async (setting, code) => {
    await credits(setting)
    await sql.query('BEGIN')
    await sql.query('SELECT FROM ledger.accounts WHERE owner_id = $1 FOR UPDATE', [setting])
    const impatient = createPool(database.url)
    impatient.options[setting] = 50
    const other = createLedger({ app: 'content', operations, pool: impatient })
    const posting = { ownerId: setting, operation: 'CREDIT_SPEND', amount: 1, nonce: 'n' } as const
    await expect(other.postEntry(posting)).rejects.toMatchObject({
      code,
      retryable: true,
    })
    await sql.query('ROLLBACK')
    expect(await other.postEntry(posting)).toMatchObject({ ok: true, balance: { amount: 9 } })
    await impatient.end()
  },
)
