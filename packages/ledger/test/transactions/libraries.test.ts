import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  InsufficientBalanceError,
  maxCredits,
  type PostedEntry,
  type TransactionClient,
} from '../../src/index.ts'
import { balanceOf, barrier, brokenBooks, openGames } from '../open-ledger.ts'
import { type Tx, waysOf } from './ways.ts'

const { ledger, pool, sql, database } = await openGames()
await sql.query('CREATE SCHEMA app; CREATE TABLE app.rows (entry_id bigint UNIQUE, body text NOT NULL)')

const { ours, theirs, all } = waysOf({ pool, url: database.directUrl })

let owners = 0
/** Returns an owner with credits that no other test uses. */
async function owner(amount = 10): Promise<string> {
  owners += 1
  const ownerId = `owner ${owners}`
  const posted = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: 'credits' })
  if (!posted.ok) throw posted.error
  return ownerId
}

const spend = (ownerId: string, amount: number, nonce = 'n') =>
  ({ ownerId, operation: 'CREDIT_SPEND', amount, nonce }) as const

async function rowsOf(ownerId: string): Promise<string[]> {
  const { rows } = await sql.query(
    'SELECT r.body FROM app.rows r JOIN ledger.entries e ON e.id = r.entry_id WHERE e.owner_id = $1',
    [ownerId],
  )
  return rows.map(({ body }) => body)
}

/** Posts, and writes the app's row with the entry's id. */
async function spendAndWrite({ tx, run }: Tx, ownerId: string, amount: number): Promise<PostedEntry> {
  const posted = await ledger.postEntry(spend(ownerId, amount), { tx })
  await run(`INSERT INTO app.rows VALUES (${posted.entry.id}, 'spent')`)
  return posted
}

/** A posting and a read, each in an app's own transaction. */
const calls = [
  ['postEntry', (ownerId: string, tx: TransactionClient) => ledger.postEntry(spend(ownerId, 1), { tx })],
  ['transaction', (_: string, tx: TransactionClient) => ledger.transaction(randomUUID(), { tx })],
] as const

const swallow = (running: PromiseLike<unknown>) => Promise.resolve(running).catch(() => {})

describe.each(all)('in a transaction of $name', ({ transactions }) => {
  test("the app's row and the entry are committed together", async () => {
    const ownerId = await owner()
    const posted = await transactions((tx) => spendAndWrite(tx, ownerId, 4))
    expect(posted.balance).toEqual(balanceOf(ownerId, 6, 'games'))
    expect(await ledger.entry(posted.entry.id)).toEqual(posted.entry)
    expect(await rowsOf(ownerId)).toEqual(['spent'])
  })

  test("neither exists after a refusal, nor after an app's own error, which is thrown unchanged", async () => {
    const ownerId = await owner()
    const refused = transactions(async (tx) => {
      await spendAndWrite(tx, ownerId, 4)
      await ledger.postEntry(spend(ownerId, 7, 'too much'), { tx: tx.tx })
    })
    await expect(refused).rejects.toBeInstanceOf(InsufficientBalanceError)
    const error = new Error('the app changed its mind')
    const thrown = transactions(async (tx) => {
      await spendAndWrite(tx, ownerId, 4)
      throw error
    })
    await expect(thrown).rejects.toBe(error)
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
    expect(await rowsOf(ownerId)).toEqual([])
  })

  test('a refusal that the app catches leaves the transaction usable', async () => {
    const ownerId = await owner()
    await transactions(async (tx) => {
      await swallow(ledger.postEntry(spend(ownerId, 11, 'too much'), { tx: tx.tx }))
      await spendAndWrite(tx, ownerId, 10)
    })
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 0, 'games'))
  })

  test.each(calls)('an error that the app caught is reported by the next call: %s', async (_, call) => {
    const ownerId = await owner()
    const swallowing = transactions(async ({ tx, run }) => {
      await swallow(run('SELECT 1 / 0'))
      await call(ownerId, tx)
    })
    await expect(swallowing).rejects.toMatchObject({
      name: 'TransactionAbortedError',
      code: 'TRANSACTION_ABORTED',
    })
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
  })

  test("two that post to one account wait for each other, and the second sees the first one's posting", async () => {
    const ownerId = await owner()
    const second: Promise<void>[] = []
    await transactions(async (first) => {
      await spendAndWrite(first, ownerId, 6)
      const arrived = barrier(2)
      const posting = transactions(async ({ tx, run }) => {
        await run('SELECT 1')
        await arrived()
        return ledger.postEntry(spend(ownerId, 6, 'second'), { tx })
      })
      const refusal = { code: 'INSUFFICIENT_BALANCE', balance: { amount: 4 } }
      second.push(expect(posting).rejects.toMatchObject(refusal)) // at once: it may be refused before the first returns
      await arrived()
    })
    await Promise.all(second)
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 4, 'games'))
  })

  test('every command works as without a transaction', async () => {
    const ownerId = await owner(100)
    const other = await owner()
    const done = await transactions(async ({ tx }) => {
      const { entry } = await ledger.postEntry(spend(ownerId, 10, 'a'), { tx })
      const refunded = await ledger.refundEntry({ id: entry.id, amount: 4, nonce: 'b' }, { tx })
      const posted = await ledger.postTransaction(
        { nonce: 'c', entries: [spend(ownerId, 1), { ownerId: other, operation: 'CREDIT_ADD', amount: 3 }] },
        { tx },
      )
      const seen = await ledger.transaction(posted.transaction.id, { tx })
      const outside = await ledger.transaction(posted.transaction.id)
      const reversed = await ledger.reverseTransaction({ id: posted.transaction.id, nonce: 'd' }, { tx })
      const moved = await ledger.transfer({ from: ownerId, to: other, amount: 5, nonce: 'e' }, { tx })
      const held = await ledger.holdCredits({ ...spend(ownerId, 20, 'f'), expiresIn: 60 }, { tx })
      const captured = await ledger.captureHold({ id: held.hold.id, amount: 15, nonce: 'g' }, { tx })
      const more = await ledger.holdCredits({ ...spend(ownerId, 2, 'h'), expiresIn: 60 }, { tx })
      const released = await ledger.releaseHold(more.hold.id, { tx })
      const overdraft = await ledger.setOverdraft({ ownerId, limit: 7 }, { tx })
      return { refunded, posted, seen, outside, reversed, moved, captured, released, overdraft }
    })
    expect(done).toMatchObject({
      refunded: { entry: { amount: 4 }, balance: { amount: 94 } },
      posted: { balances: [{ amount: 93 }, { amount: 13 }] },
      reversed: { balances: [{ amount: 10 }, { amount: 94 }] },
      moved: { balances: [{ amount: 89 }, { amount: 15 }] },
      captured: { entry: { amount: -15 }, hold: { status: 'CAPTURED' }, balance: { amount: 74, held: 0 } },
      released: { hold: { status: 'RELEASED' }, balance: { held: 0 } },
      overdraft: { balance: { amount: 74, overdraft: 7, available: 81 } },
    })
    expect(done.seen).toEqual(done.posted.transaction)
    expect(done.outside).toBeNull()
    for (const { entries } of [done.posted.transaction, done.reversed.transaction, done.moved.transaction]) {
      for (const entry of entries) expect(await ledger.entry(entry.id)).toEqual(entry)
    }
    expect(await ledger.entry(done.captured.entry.id)).toEqual(done.captured.entry)
    expect(await ledger.hold(done.captured.hold.id)).toEqual(done.captured.hold)
    expect(await ledger.hold(done.released.hold.id)).toEqual(done.released.hold)
  })

  test('text of any kind, and the largest amount, arrive unchanged', async () => {
    const ownerId = `${await owner()} Zoë 🦉 \u2028 \\ ' " $1 {} NULL ?`
    const metadata = { 'a b': 'null', '🦉': '\\u0000 "quoted" \t\n', snake_case: '{"x":1}', $2: '$1' }
    const input = { ownerId, operation: 'CREDIT_ADD', amount: maxCredits, nonce: '\\x00 {"n"}, 🦉' } as const
    const posted = await transactions(({ tx }) => ledger.postEntry({ ...input, metadata }, { tx }))
    expect(posted.entry).toMatchObject({ ownerId, amount: maxCredits, nonce: input.nonce, metadata })
    expect(await ledger.entry(posted.entry.id)).toEqual(posted.entry)
    const again = transactions(({ tx }) => ledger.postEntry({ ...input, metadata }, { tx }))
    await expect(again).rejects.toMatchObject({ identical: true, entry: posted.entry })
  })
})

describe.each(all.filter(({ name }) => name !== 'a function'))('a `tx` of $name', ({ transactions }) => {
  test.each(['committed', 'rolled back'])(
    'that is used after it was %s says so, and posts nothing',
    async (how) => {
      const ownerId = await owner()
      const kept: Tx[] = []
      const ended = transactions(async (tx) => {
        kept.push(tx)
        if (how === 'rolled back') throw new Error('the app changed its mind')
      })
      await Promise.resolve(ended).catch(() => {})
      for (const { tx } of kept) {
        for (const [, call] of calls) {
          await expect(call(ownerId, tx)).rejects.toMatchObject({
            name: 'TransactionEndedError',
            code: 'TRANSACTION_ENDED',
          })
        }
      }
      expect(kept).toHaveLength(1)
      expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
    },
  )
})

describe('an error that the app caught after posting', () => {
  const swallowing = async (transactions: (typeof all)[number]['transactions'], ownerId: string) =>
    transactions(async (tx) => {
      await spendAndWrite(tx, ownerId, 4)
      await swallow(tx.run('SELECT 1 / 0'))
      return 'committed'
    })

  test.each(ours)('in a transaction of $name is reported at the commit', async ({ transactions }) => {
    const ownerId = await owner()
    const failure = await swallowing(transactions, ownerId).catch((error) => error)
    // Drizzle wraps it in its own error.
    const aborted = failure.code === undefined ? failure.cause : failure
    expect(aborted).toMatchObject({ code: 'TRANSACTION_ABORTED', cause: { code: '22012' } })
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
  })

  const tellsOfItself: Readonly<Record<string, object>> = {
    'pg over a plain pool': { code: 'TRANSACTION_ABORTED' },
    'Kysely over a plain pool': { name: 'AbortedTransactionError' },
  }

  test.each(theirs)(
    'in one of $name is told by transactionsOf and Kysely alone, as docs/transactions.md says',
    async ({ name, transactions }) => {
      const ownerId = await owner()
      const outcome = swallowing(transactions, ownerId)
      const failure = tellsOfItself[name]
      if (failure) await expect(outcome).rejects.toMatchObject(failure)
      else expect(await outcome).toBe('committed')
      expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
      expect(await rowsOf(ownerId)).toEqual([])
    },
  )
})

test('the books are correct', async () => {
  expect(await brokenBooks(sql)).toEqual([])
})
