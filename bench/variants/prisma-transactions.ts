import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { PrismaClient } from '../../packages/ledger/src/generated/prisma/client.ts'
import { amount, app, operation, postingFor } from '../posting.ts'

// What apps write without the ledger, under better conditions than most have: short rows, without limits, holds or
// replays.

/** No transaction gives up, because throughput is measured. */
const patience = { maxWait: 120_000, timeout: 120_000 }

/** Adds up the entries and writes one more. Two at once may both spend the last credit. */
export function createSumPosting(pool: pg.Pool) {
  const prisma = clientOf(pool, 'bench_sum')
  return (ownerId: string) =>
    prisma.$transaction(async (tx) => {
      const { _sum, _count } = await tx.entry.aggregate({
        where: { app, ownerId },
        _sum: { amount: true },
        _count: true,
      })
      await tx.entry.create({ data: nextEntry(ownerId, { balance: _sum.amount, seq: BigInt(_count) }) })
    }, patience)
}

/** Locks the owner's row and writes the new balance to it. */
export function createLockingPosting(pool: pg.Pool) {
  const prisma = clientOf(pool, 'bench_lock')
  return (ownerId: string) =>
    prisma.$transaction(async (tx) => {
      const [account] = await tx.$queryRaw<{ balance: bigint; seq: bigint }[]>`
        SELECT balance, seq FROM bench_lock.accounts WHERE book = ${app} AND owner_id = ${ownerId} FOR UPDATE`
      if (!account) throw new Error(`There is no account of ${ownerId}.`)
      const entry = nextEntry(ownerId, account)
      await tx.account.update({
        where: { book_ownerId: { book: app, ownerId } },
        data: { balance: entry.balanceAfter, seq: entry.seq, updatedOn: entry.createdOn },
        select: { balance: true },
      })
      await tx.entry.create({ data: entry })
    }, patience)
}

function nextEntry(ownerId: string, { balance, seq }: { balance: bigint | null; seq: bigint }) {
  const balanceAfter = (balance ?? 0n) - BigInt(amount)
  if (balanceAfter < 0n) throw new Error(`${ownerId} has no credits left.`)
  return {
    app,
    book: app,
    ownerId,
    seq: seq + 1n,
    operation,
    amount: BigInt(-amount),
    balanceAfter,
    nonce: postingFor(ownerId).nonce,
    transactionId: uuidv7(),
    createdOn: new Date(),
  }
}

/** A client with the ledger's models, on tables with the same columns. */
function clientOf(pool: pg.Pool, schema: string): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(pool, { schema }) })
}
