import { once as heard } from 'node:events'
import { describe, expect, test } from 'vitest'
import {
  DuplicateHoldError,
  DuplicateNonceError,
  InsufficientBalanceError,
  type RunTransaction,
} from '../../src/index.ts'
import { balanceOf, brokenBooks, openGames } from '../open-ledger.ts'
import { type Tx, waysOf } from '../transactions/ways.ts'
import { type Mishaps, type Order, openShop, order, rowsOf } from './shop.ts'

const { ledger, pool, prisma, sql, database } = await openGames()
await openShop(sql)
const { ours, all } = waysOf({ pool, url: database.directUrl })

let owners = 0
/** Returns an owner with credits that no other test uses. */
async function owner(amount = 10): Promise<string> {
  owners += 1
  const ownerId = `owner ${owners}`
  if (amount > 0) await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: 'credits' })
  return ownerId
}

const orderOf = (ownerId: string, given: Partial<Order> = {}): Order => ({
  ...{ ownerId, amount: 4, nonce: 'n', body: 'a book', key: null },
  ...given,
})

const swallow = (running: PromiseLike<unknown>) => Promise.resolve(running).catch(() => {})

describe.each(all)('by $name', ({ transactions }) => {
  const send = (given: Order, mishaps?: Mishaps) => order({ ledger, pool, transactions }, given, mishaps)

  test('the same request again returns the first result, and writes nothing', async () => {
    const ownerId = await owner()
    const first = await send(orderOf(ownerId))
    expect(first).toMatchObject({
      entry: { ownerId, amount: -4, nonce: 'n' },
      balance: balanceOf(ownerId, 6, 'games'),
      row: { body: 'a book', key: null },
      replayed: false,
    })
    expect(await send(orderOf(ownerId))).toEqual({ ...first, replayed: true })
    expect(await rowsOf(sql, ownerId)).toEqual(['a book'])
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 6, 'games'))
  })

  test('sent 20 times at once it is done once, and all get the same result', async () => {
    const ownerId = await owner()
    const given = orderOf(ownerId, { key: `key of ${ownerId}` })
    const results = await Promise.all(Array.from({ length: 20 }, () => send(given)))
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(new Set(results.map(({ entry }) => entry.id)).size).toBe(1)
    expect(await rowsOf(sql, ownerId)).toEqual(['a book'])
  })

  test('another request with the nonce is refused: with another amount, another row, or a missing row', async () => {
    const ownerId = await owner(20)
    await send(orderOf(ownerId))
    await ledger.postEntry({ ownerId, operation: 'CREDIT_SPEND', amount: 4, nonce: 'plain' })
    for (const given of [{ amount: 5 }, { body: 'a pen' }, { nonce: 'plain' }]) {
      const refusal = await send(orderOf(ownerId, given)).catch((error) => error)
      expect(refusal).toBeInstanceOf(DuplicateNonceError)
      expect(refusal).toMatchObject({ identical: false, entry: { ownerId, amount: -4 } })
      expect(refusal.message).toMatch(/^Another request/)
    }
    await ledger.holdCredits({ ownerId, operation: 'CREDIT_SPEND', amount: 4, nonce: 'held', expiresIn: 60 })
    const held = await send(orderOf(ownerId, { nonce: 'held' })).catch((error) => error)
    expect(held).toBeInstanceOf(DuplicateHoldError)
    expect(held).toMatchObject({ identical: false })
    expect(await rowsOf(sql, ownerId)).toEqual(['a book'])
    expect(await ledger.balance(ownerId)).toMatchObject({ amount: 12 })
  })

  test('a refusal leaves nothing behind, and the nonce stays unused', async () => {
    const ownerId = await owner(3)
    await expect(send(orderOf(ownerId))).rejects.toBeInstanceOf(InsufficientBalanceError)
    expect(await rowsOf(sql, ownerId)).toEqual([])
    await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce: 'more' })
    expect(await send(orderOf(ownerId))).toMatchObject({ replayed: false, balance: { amount: 0 } })
  })

  test("an app's own error undoes everything, and is thrown unchanged", async () => {
    const ownerId = await owner()
    const error = new Error('the app changed its mind')
    const fail = async () => {
      throw error
    }
    await expect(send(orderOf(ownerId), { beforeWrite: fail })).rejects.toBe(error)
    await expect(send(orderOf(ownerId), { afterWrite: fail })).rejects.toBe(error)
    expect(await rowsOf(sql, ownerId)).toEqual([])
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
    await send(orderOf(ownerId))
    await expect(send(orderOf(ownerId), { beforeFind: fail })).rejects.toBe(error)
    expect(await send(orderOf(ownerId))).toMatchObject({ replayed: true })
  })

  test('a failed statement undoes everything: its error is thrown, or the error that it was caught', async () => {
    const ownerId = await owner()
    const failing = ({ run }: Tx) => run('SELECT 1 / 0')
    const failed = await send(orderOf(ownerId), { afterWrite: failing }).catch((error) => error)
    expect(JSON.stringify([failed, failed.message, failed.cause, failed.cause?.message])).toMatch(
      /22012|division by zero/,
    )
    const caught = send(orderOf(ownerId), { afterWrite: (tx) => swallow(failing(tx)) })
    await expect(caught).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' })
    expect(await rowsOf(sql, ownerId)).toEqual([])
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
  })

  test("a row that breaks the app's own rule undoes everything, however many try", async () => {
    const ownerId = await owner(100)
    const key = `key of ${ownerId}`
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) => send(orderOf(ownerId, { nonce: `n${n}`, key }))),
    )
    const failed = results.filter((result) => result.status === 'rejected')
    expect(failed).toHaveLength(5)
    for (const { reason } of failed) {
      expect(JSON.stringify([reason, reason.message, reason.cause?.message])).toMatch(/orders_key_key|23505/)
    }
    expect(await rowsOf(sql, ownerId)).toEqual(['a book'])
    expect(await ledger.balance(ownerId)).toMatchObject({ amount: 96 })
  })
})

describe('with every command that has a nonce', () => {
  const { transactions } = ours[0] ?? expect.fail('there is no way')
  const writeNothing = { write: async () => 'row', find: async () => 'row' }

  test('a replay has the result of the first answer', async () => {
    const ownerId = await owner(100)
    const other = await owner()
    const spend = { ownerId, operation: 'CREDIT_SPEND', amount: 10 } as const
    const twice = async <Answer>(run: () => Promise<Answer>): Promise<Answer> => {
      const first = await run()
      expect(first).toMatchObject({ replayed: false, row: 'row' })
      expect(await run()).toEqual({ ...first, replayed: true })
      return first
    }
    const { entry } = await twice(() =>
      ledger.once(transactions, {
        post: ({ tx }) => ledger.postEntry({ ...spend, nonce: 'a' }, { tx }),
        ...writeNothing,
      }),
    )
    await twice(() =>
      ledger.once(transactions, {
        post: ({ tx }) => ledger.refundEntry({ id: entry.id, amount: 3, nonce: 'b' }, { tx }),
        ...writeNothing,
      }),
    )
    const { transaction } = await twice(() =>
      ledger.once(transactions, {
        post: ({ tx }) =>
          ledger.postTransaction(
            {
              nonce: 'c',
              metadata: { why: 'both' },
              entries: [
                { ownerId: other, operation: 'CREDIT_ADD', amount: 2 },
                spend,
                { ...spend, amount: 1 },
              ],
            },
            { tx },
          ),
        ...writeNothing,
      }),
    )
    expect(transaction.entries).toHaveLength(3)
    await twice(() =>
      ledger.once(transactions, {
        post: ({ tx }) => ledger.reverseTransaction({ id: transaction.id, nonce: 'd' }, { tx }),
        ...writeNothing,
      }),
    )
    await twice(() =>
      ledger.once(transactions, {
        post: ({ tx }) => ledger.transfer({ from: ownerId, to: other, amount: 5, nonce: 'e' }, { tx }),
        ...writeNothing,
      }),
    )
    const { hold } = await twice(() =>
      ledger.once(transactions, {
        post: ({ tx }) => ledger.holdCredits({ ...spend, nonce: 'f', expiresIn: 60 }, { tx }),
        ...writeNothing,
      }),
    )
    const captured = await twice(() =>
      ledger.once(transactions, {
        post: ({ tx }) => ledger.captureHold({ id: hold.id, amount: 7, nonce: 'g' }, { tx }),
        ...writeNothing,
      }),
    )
    expect(captured.hold).toMatchObject({ id: hold.id, status: 'CAPTURED', capturedBy: captured.entry.id })
  })

  test('without a nonce, as a dry run, or with an invented result, nothing is written', async () => {
    const ownerId = await owner()
    const spend = { ownerId, operation: 'CREDIT_SPEND', amount: 1 } as const
    const held = await ledger.holdCredits({ ...spend, nonce: 'h', expiresIn: 60 })
    if (!held.ok) throw held.error
    const written: unknown[] = []
    const work = { write: async () => written.push('row'), find: async () => 1 }
    const wrong = [
      () =>
        ledger.once(transactions, { post: ({ tx }) => ledger.releaseHold(held.hold.id, { tx }), ...work }),
      () =>
        ledger.once(transactions, {
          post: ({ tx }) => ledger.postEntry({ ...spend, nonce: 'n', dryRun: true }, { tx }),
          ...work,
        }),
      () =>
        ledger.once(transactions, {
          post: async ({ tx }) => ({ ...(await ledger.postEntry({ ...spend, nonce: 'n' }, { tx })) }),
          ...work,
        }),
    ]
    for (const each of wrong) await expect(each).rejects.toThrow(/^`post` must return the unchanged result/)
    expect(written).toEqual([])
    expect(await ledger.balance(ownerId)).toMatchObject({ amount: 10, held: 1 })
    expect(await ledger.entryByNonce(ownerId, 'n')).toBeNull()
  })
})

test('a row that is not found, as null or undefined, means that the nonce was used for another request', async () => {
  const { transactions } = ours[0] ?? expect.fail('there is no way')
  const ownerId = await owner()
  const send = (find: () => Promise<string | null | undefined>) =>
    ledger.once(transactions, {
      post: ({ tx }) =>
        ledger.postEntry({ ownerId, operation: 'CREDIT_SPEND', amount: 1, nonce: 'n' }, { tx }),
      write: async () => 'row',
      find,
    })
  await send(async () => expect.fail('nothing was posted before'))
  for (const nothing of [null, undefined]) {
    await expect(send(async () => nothing)).rejects.toMatchObject({
      code: 'DUPLICATE_NONCE',
      identical: false,
    })
  }
  expect(await send(async () => '')).toMatchObject({ row: '', replayed: true })
})

test.each(all)(
  'by $name, two commands in `post` are refused before anything is written',
  async ({ transactions }) => {
    const ownerId = await owner()
    const spend = { ownerId, operation: 'CREDIT_SPEND', amount: 1 } as const
    const written: string[] = []
    const twice = (isAtOnce: boolean) =>
      ledger.once(transactions, {
        async post({ tx }) {
          const first = ledger.postEntry({ ...spend, nonce: 'first' }, { tx })
          if (!isAtOnce) await first
          const [, last] = await Promise.all([first, ledger.postEntry({ ...spend, nonce: 'last' }, { tx })])
          return last
        },
        write: async () => written.push('row'),
        find: async () => 1,
      })
    for (const isAtOnce of [false, true]) {
      await expect(twice(isAtOnce)).rejects.toThrow(/^`post` must post with exactly one command/)
    }
    expect(written).toEqual([])
    expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10, 'games'))
  },
)

test('further commands in `write` are posted with the first, and a replay returns the first', async () => {
  const { transactions } = ours[0] ?? expect.fail('there is no way')
  const ownerId = await owner()
  const spend = { ownerId, operation: 'CREDIT_SPEND', amount: 1 } as const
  const send = () =>
    ledger.once(transactions, {
      post: ({ tx }) => ledger.postEntry({ ...spend, nonce: 'first' }, { tx }),
      write: async ({ tx }) => (await ledger.postEntry({ ...spend, nonce: 'last' }, { tx })).entry.nonce,
      find: async () => 'last',
    })
  const first = await send()
  expect(first).toMatchObject({ entry: { nonce: 'first' }, row: 'last', replayed: false })
  expect(await send()).toMatchObject({ entry: first.entry, row: 'last', replayed: true })
  expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 8, 'games'))
})

describe('without rows', () => {
  test('the same request again returns the first result', async () => {
    const ownerId = await owner()
    const spend = { ownerId, operation: 'CREDIT_SPEND', amount: 3, nonce: 'n' } as const
    const first = await ledger.once({ post: () => ledger.postEntry(spend) })
    expect(first).toEqual({
      entry: await ledger.entryByNonce(ownerId, 'n'),
      balance: balanceOf(ownerId, 7, 'games'),
      replayed: false,
    })
    expect(await ledger.once({ post: () => ledger.postEntry(spend) })).toEqual({ ...first, replayed: true })
    const other = ledger.once({ post: () => ledger.postEntry({ ...spend, amount: 4 }) })
    await expect(other).rejects.toMatchObject({ code: 'DUPLICATE_NONCE', identical: false })
    const refused = ledger.once({ post: () => ledger.postEntry({ ...spend, amount: 8, nonce: 'more' }) })
    await expect(refused).rejects.toBeInstanceOf(InsufficientBalanceError)
    const hold = { ...spend, nonce: 'h', expiresIn: 60 }
    const held = await ledger.once({ post: () => ledger.holdCredits(hold) })
    expect(await ledger.once({ post: () => ledger.holdCredits(hold) })).toEqual({ ...held, replayed: true })
  })
})

test('readers are woken after the commit', async () => {
  await sql.query('LISTEN ledger_posted_games')
  const ofCredits = heard(sql, 'notification')
  const ownerId = await owner()
  await ofCredits
  const woken = heard(sql, 'notification')
  const { transactions } = ours[1] ?? expect.fail('there is no way')
  await order({ ledger, pool, transactions }, orderOf(ownerId))
  expect(await woken).toMatchObject([{ channel: 'ledger_posted_games' }])
  await sql.query('UNLISTEN ledger_posted_games')
})

test('a Prisma client with a model of the name `post` is no posting alone', async () => {
  const ownerId = await owner()
  const transactions = {
    post: {},
    $connect: () => prisma.$connect(),
    $transaction: prisma.$transaction.bind(prisma),
  }
  const result = await ledger.once(transactions, {
    post: (tx) => ledger.postEntry({ ownerId, operation: 'CREDIT_SPEND', amount: 1, nonce: 'n' }, { tx }),
    write: async () => 'row',
    find: async () => null,
  })
  expect(result).toMatchObject({ row: 'row', replayed: false, balance: { amount: 9 } })
})

test('anything else gets an error about what is missing', async () => {
  const run: RunTransaction<Tx> = async () => expect.fail('it ran')
  const calls = [[run], [{}], [{}, { post: run }], [{ post: run }, { post: run }]]
  for (const each of calls) {
    const refused = Reflect.apply(ledger.once, undefined, each)
    await expect(refused).rejects.toThrow(/^`once` takes a Prisma client or/)
  }
})

test('the books are correct', async () => {
  expect(await brokenBooks(sql)).toEqual([])
})
