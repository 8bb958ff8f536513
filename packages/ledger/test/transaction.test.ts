import { describe, expect, test } from 'vitest'
import {
  createLedger,
  createPool,
  DuplicateNonceError,
  InsufficientBalanceError,
  LedgerError,
  ledgerErrorOf,
  ValidationError,
} from '../src/index.ts'
import { balanceOf, barrier, openLedger, operations } from './open-ledger.ts'

const { database, ledger, pool, prisma, sql } = await openLedger({ deadlocks: 1 })

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

  test('goes on when the app catches a refusal', async () => {
    await credits('caught')
    await prisma.$transaction(async (tx) => {
      const spend = { ownerId: 'caught', operation: 'CREDIT_SPEND', amount: 50, nonce: 'n' } as const
      await expect(ledger.postEntry(spend, { tx })).rejects.toThrow(InsufficientBalanceError)
      await ledger.postEntry({ ...spend, amount: 5 }, { tx })
    })
    expect(await ledger.balance('caught')).toMatchObject({ amount: 5 })
  })

  test('sees its own postings, and others see them once it commits', async () => {
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

  test('waits for a transaction that posts to the same account, and is judged after it', async () => {
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

  test('reports a deadlock as a retryable conflict', async () => {
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
  ['statement_timeout', 'DATABASE_UNAVAILABLE'],
] as const)(
  'a posting that waits longer than %s is refused as retryable (%s), and nothing is posted',
  async (setting, code) => {
    await credits(setting)
    await sql.query('BEGIN')
    await sql.query('SELECT FROM ledger.accounts WHERE owner_id = $1 FOR UPDATE', [setting])
    const impatient = createPool(database.url)
    impatient.options[setting] = 300
    const other = createLedger({ app: 'content', operations, pool: impatient })
    const posting = { ownerId: setting, operation: 'CREDIT_SPEND', amount: 1, nonce: 'n' } as const
    await expect(other.postEntry(posting)).rejects.toMatchObject({
      code,
      retryable: true,
    })
    await sql.query('ROLLBACK')
    expect(await ledger.postEntry(posting)).toMatchObject({ ok: true, balance: { amount: 9 } })
    await impatient.end()
  },
)

describe('a transaction whose error the app catches', () => {
  const posting = (ownerId: string) => ({ ownerId, operation: 'CREDIT_ADD', nonce: 'n' }) as const
  const failing = (tx: { $queryRaw: typeof prisma.$queryRaw }) => tx.$queryRaw`SELECT 1 / 0`

  test('fails when it commits, with the original error', async () => {
    const swallowing = prisma.$transaction(async (tx) => {
      const { entry } = await ledger.postEntry(posting('swallowed'), { tx })
      await failing(tx).catch(() => {})
      return entry.id
    })
    await expect(swallowing).rejects.toMatchObject({
      name: 'TransactionAbortedError',
      code: 'TRANSACTION_ABORTED',
      cause: { code: '22012' },
    })
    expect(await ledger.entryByNonce('swallowed', 'n')).toBeNull()
  })

  test.each(['COMMIT', 'commit work', ' End;', { text: 'Commit' }])(
    'fails also when the COMMIT is spelled %j, for a promise and for a callback',
    async (statement) => {
      const client = await pool.connect()
      const commit = (): Promise<unknown> => client.query(statement)
      const commitByCallback = () =>
        new Promise((resolve) => {
          const told = (error: unknown) => resolve(error)
          Reflect.apply(client.query, client, [statement, told])
        })
      const abort = async () => {
        await client.query('BEGIN')
        await client.query('SELECT 1 / 0').catch(() => {})
      }
      const aborted = { code: 'TRANSACTION_ABORTED', cause: { code: '22012' } }
      await abort()
      await expect(commit()).rejects.toMatchObject(aborted)
      await abort()
      expect(await commitByCallback()).toMatchObject(aborted)
      await client.query('BEGIN')
      await expect(commit()).resolves.toMatchObject({ command: 'COMMIT' })
      await client.query('BEGIN')
      expect(await commitByCallback()).toBeFalsy()
      client.release()
    },
  )

  test('fails at the next call of the ledger', async () => {
    const swallowing = prisma.$transaction(async (tx) => {
      await failing(tx).catch(() => {})
      await ledger.postEntry(posting('swallowed'), { tx })
    })
    await expect(swallowing).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' })
    expect(await ledger.entryByNonce('swallowed', 'n')).toBeNull()
  })

  test('goes on after a rollback to a savepoint, and the rest is committed', async () => {
    await prisma.$transaction(async (tx) => {
      await ledger.postEntry(posting('savepoint'), { tx })
      await tx.$executeRaw`SAVEPOINT here`
      await failing(tx).catch(() => {})
      await tx.$executeRaw`ROLLBACK TO SAVEPOINT here`
    })
    expect(await ledger.entryByNonce('savepoint', 'n')).not.toBeNull()
  })

  test.each(['committed', 'rolled back'] as const)(
    'a `tx` that is used after it was %s says so',
    async (how) => {
      const kept: Parameters<Parameters<typeof prisma.$transaction>[0]>[0][] = []
      const running = prisma.$transaction(async (tx) => {
        kept.push(tx)
        if (how === 'rolled back') throw new Error('the app changed its mind')
      })
      await running.catch(() => {})
      const [tx] = kept
      if (!tx) throw new Error('there is no tx')
      const late = ledger.postEntry(posting('late'), { tx })
      await expect(late).rejects.toMatchObject({ name: 'TransactionEndedError', code: 'TRANSACTION_ENDED' })
      expect(ledgerErrorOf(await late.catch((error) => error))).toBeUndefined()
      expect(await ledger.entryByNonce('late', 'n')).toBeNull()
    },
  )
})
