import { describe, expect, test } from 'vitest'
import { barrier, brokenBooks, games, openGames } from './open-ledger.ts'

const { ledger, prisma, sql, another, posted } = await openGames()
const processes = [ledger, another(games), another(games)]
const either = (index: number) => processes[index % processes.length]!

const add = (ownerId: string, amount: number, nonce: string = crypto.randomUUID()) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce })
const spend = (ownerId: string, amount: number) => ({ ownerId, operation: 'CREDIT_SPEND', amount }) as const
const give = (ownerId: string, amount: number) => ({ ownerId, operation: 'CREDIT_ADD', amount }) as const
const amountOf = async (ownerId: string) => (await ledger.balance(ownerId)).amount

describe('a transaction', () => {
  test('posts its entries in order, each with the seq and the balance of its owner', async () => {
    await add('a1', 10)
    const result = await ledger.postTransaction({
      nonce: 't',
      metadata: { order: '1' },
      entries: [spend('a1', 4), give('b1', 4), give('a1', 1), { ownerId: 'b1', operation: 'DAILY_REWARD' }],
    })
    if (!result.ok) throw result.error
    const { transaction, balances } = result
    const seen = transaction.entries.map(({ ownerId, seq, amount, balanceAfter }) => [
      ownerId,
      seq,
      amount,
      balanceAfter,
    ])
    expect(seen).toEqual([
      ['a1', 2, -4, 6],
      ['b1', 1, 4, 4],
      ['a1', 3, 1, 7],
      ['b1', 2, 1, 5],
    ])
    expect(balances).toMatchObject([
      { ownerId: 'a1', amount: 7 },
      { ownerId: 'b1', amount: 5 },
    ])
    expect(transaction).toMatchObject({ nonce: 't', metadata: { order: '1' } })
    for (const entry of transaction.entries) {
      expect(entry).toMatchObject({
        transactionId: transaction.id,
        nonce: 't',
        metadata: { order: '1' },
        createdOn: transaction.createdOn,
      })
    }
    expect(await ledger.transaction(transaction.id)).toEqual(transaction)
    expect(await ledger.transaction(transaction.id.toUpperCase())).toEqual(transaction)
    const { rows } = await sql.query(
      'SELECT place FROM ledger.entries WHERE transaction_id = $1 ORDER BY id',
      [transaction.id],
    )
    expect(rows.map(({ place }) => place)).toEqual([1, 1, 2, 2])
  })

  test('of 1 and of 100 entries is posted, of 0 and of 101 refused', async () => {
    const entries = (count: number) => Array.from({ length: count }, () => give('hundred', 1))
    expect(await ledger.postTransaction({ nonce: '1', entries: entries(1) })).toMatchObject({ ok: true })
    const hundred = await ledger.postTransaction({ nonce: '100', entries: entries(100) })
    expect(hundred).toMatchObject({ ok: true, balances: [{ ownerId: 'hundred', amount: 101 }] })
    for (const count of [0, 101]) {
      const refused = await ledger.postTransaction({ nonce: `not ${count}`, entries: entries(count) })
      expect(refused).toMatchObject({
        error: {
          code: 'VALIDATION_ERROR',
          errors: [{ field: 'entries', message: 'must be a list of 1 to 100 entries' }],
        },
      })
    }
    expect(await amountOf('hundred')).toBe(101)
  })

  test('of 100 new owners is posted completely or not at all', async () => {
    const owners = Array.from({ length: 100 }, (_, i) => `many ${i}`)
    const refused = await ledger.postTransaction({
      nonce: 'n',
      entries: [...owners.slice(0, 99).map((ownerId) => give(ownerId, 1)), spend('many 99', 1)],
    })
    expect(refused).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE', entryIndex: 99 } })
    const left = "SELECT FROM ledger.accounts WHERE owner_id LIKE 'many %'"
    expect((await sql.query(left)).rows).toEqual([])
    const entries = owners.map((ownerId) => give(ownerId, 1))
    expect(await ledger.postTransaction({ nonce: 'n', entries })).toMatchObject({ ok: true })
    expect((await sql.query(left)).rows).toHaveLength(100)
  })

  test('is judged in order: a spend before the credits that would cover it is refused and named', async () => {
    await add('ordered', 1)
    const entries = [spend('ordered', 1), give('other', 5), spend('ordered', 5), give('ordered', 5)] as const
    const refused = await ledger.postTransaction({ nonce: 'n', entries })
    expect(refused).toMatchObject({
      error: {
        code: 'INSUFFICIENT_BALANCE',
        entryIndex: 2,
        // The message has what was available to the entry. The balance is the unchanged one.
        message: 'The posting takes 5 credits, ordered has 0 available.',
        balance: { ownerId: 'ordered', amount: 1 },
      },
    })
    expect(await ledger.entryByNonce('other', 'n')).toBeNull()
    const [a, b, c, d] = entries
    expect(await ledger.postTransaction({ nonce: 'n', entries: [a, b, d, c] })).toMatchObject({ ok: true })
  })

  test('names the entry that breaks a rule, by its index in the input', async () => {
    const refused = await ledger.postTransaction({
      nonce: 'rules',
      entries: [
        give('r', 1),
        { ownerId: 'r', operation: 'DAILY_REWARD', amount: 2 },
        { ownerId: 'r', operation: 'TRANSFER_IN' },
      ],
    })
    expect(refused).toMatchObject({
      error: {
        code: 'VALIDATION_ERROR',
        errors: [
          {
            field: 'entries.1.amount',
            message: "must be 1 credit or left out: the operation's amount is fixed",
          },
          { field: 'entries.2.amount' },
          { field: 'entries.2.operation' },
        ],
      },
    })
    expect(await amountOf('r')).toBe(0)
  })

  test.each([
    ['entries', { entries: null }],
    ['entries', { entries: 'text' }],
    ['entries', { entries: { 0: give('bad', 1) } }],
    ['entries.0', { entries: [null] }],
    ['entries.1.ownerId', { entries: [give('bad', 1), give('', 1)] }],
    ['entries.1.ownerId', { entries: [give('bad', 1), give('\ud800', 1)] }],
    ['entries.0.operation', { entries: [{ ...give('bad', 1), operation: 'toString' }] }],
    ['entries.0.operation', { entries: [{ ...give('bad', 1), operation: 7 }] }],
    ['entries.0.amount', { entries: [give('bad', -1)] }],
    ['entries.0.amount', { entries: [give('bad', 0.5)] }],
    ['entries.0.amount', { entries: [give('bad', 2 ** 53)] }],
    ['entries.0.amount', { entries: [{ ...give('bad', 1), amount: '1' }] }],
    ['balanced', { balanced: 'yes' }],
    ['dryRun', { dryRun: 1 }],
    ['nonce', { nonce: null }],
    ['nonce', { nonce: 'x'.repeat(256) }],
    ['metadata', { metadata: 5 }],
    ['metadata.a', { metadata: { a: '\0' } }],
  ])('with a bad %s is refused: %j', async (field, input) => {
    const unchecked = { nonce: 'bad', entries: [give('bad', 1)], ...input } as never
    expect(await ledger.postTransaction(unchecked)).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ field }] },
    })
    expect(await amountOf('bad')).toBe(0)
  })

  test.each([undefined, null, 5, 'text', []])('that is %j is refused', async (input) => {
    const { error } = (await ledger.postTransaction(input as never)) as { error: { code: string } }
    expect(error.code).toBe('VALIDATION_ERROR')
  })

  test('that is balanced adds up to zero', async () => {
    await add('even', 10)
    const entries = [spend('even', 5), give('even 2', 4)]
    expect(await ledger.postTransaction({ nonce: 'n', balanced: true, entries })).toMatchObject({
      error: { errors: [{ field: 'entries', message: 'must add up to 0 credits, but add up to -1' }] },
    })
    const balanced = [...entries, give('even 3', 1)]
    expect(await ledger.postTransaction({ nonce: 'n', balanced: true, entries: balanced })).toMatchObject({
      ok: true,
    })
  })

  test('is summed up exactly, beyond 2^53 too', async () => {
    const most = 2 ** 53 - 1
    await add('vast', most)
    const entries = [spend('vast', most), give('vast 2', most), spend('vast 2', most), give('vast', most - 1)]
    const refused = await ledger.postTransaction({ nonce: 'n', balanced: true, entries })
    expect(refused).toMatchObject({
      error: { errors: [{ message: 'must add up to 0 credits, but add up to -1' }] },
    })
  })

  test('is reported entry by entry', async () => {
    posted.length = 0
    await ledger.postTransaction({ nonce: 'told', entries: [give('told', 3), spend('told', 1)] })
    expect(posted.map(({ amount, outcome }) => [amount, outcome])).toEqual([
      [3, 'posted'],
      [-1, 'posted'],
    ])
  })
})

describe("a transaction's nonce", () => {
  test('that is repeated returns the original of the first owner, identical only for the same whole request', async () => {
    await add('n1', 10)
    const entries = [give('n2', 3), spend('n1', 3), give('n2', 1)]
    const request = { nonce: 'again', metadata: { a: 'b' }, entries }
    const first = await ledger.postTransaction(request)
    if (!first.ok) throw first.error
    const original = first.transaction.entries[0]
    const cases = [
      [request, true],
      [{ ...request, balanced: true }, true], // a replay is not judged by this rule
      [{ ...request, metadata: {} }, false],
      [{ ...request, entries: entries.slice(0, 2) }, false],
      [{ ...request, entries: [...entries, give('n2', 1)] }, false],
      [{ ...request, entries: [give('n2', 3), spend('n1', 2), give('n2', 1)] }, false],
      [{ ...request, entries: [give('n2', 3), give('n2', 1), spend('n1', 3)] }, false],
    ] as const
    for (const [again, identical] of cases) {
      const result = await ledger.postTransaction(again)
      if (result.ok) throw new Error('posted twice')
      expect(result.error).toMatchObject({
        code: 'DUPLICATE_NONCE',
        identical,
        entry: original,
        balance: { ownerId: 'n2', amount: 4 },
      })
    }
    // In another order, another owner is the first.
    const reversed = await ledger.postTransaction({ ...request, entries: entries.toReversed() })
    expect(reversed).toMatchObject({ error: { identical: false, entry: { ownerId: 'n2', seq: 1 } } })
    const other = await ledger.postTransaction({ ...request, entries: [spend('n1', 3)] })
    expect(other).toMatchObject({ error: { identical: false, entry: { ownerId: 'n1', amount: -3 } } })
  })

  test('that one of several owners has used posts for none of them', async () => {
    await add('o2', 5, 'taken')
    await add('o3', 7, 'taken')
    const entries = [give('o1', 1), give('o3', 1), give('o2', 1)]
    expect(await ledger.postTransaction({ nonce: 'taken', entries })).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: false, entry: { ownerId: 'o3', amount: 7 } },
    })
    expect(await amountOf('o1')).toBe(0)
    expect(await amountOf('o2')).toBe(5)
  })

  test('of one entry is the same as with postEntry: each is the replay of the other', async () => {
    const entry = give('one', 2)
    await ledger.postEntry({ ...entry, nonce: 'entry' })
    expect(await ledger.postTransaction({ nonce: 'entry', entries: [entry] })).toMatchObject({
      error: { identical: true },
    })
    await ledger.postTransaction({ nonce: 'transaction', entries: [entry] })
    expect(await ledger.postEntry({ ...entry, nonce: 'transaction' })).toMatchObject({
      error: { identical: true },
    })
  })

  test('20 times at once, from three processes, is one transaction', async () => {
    const entries = [give('at once 2', 1), give('at once 1', 1), spend('at once 2', 1)]
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => either(i).postTransaction({ nonce: 'n', entries })),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    for (const result of results) {
      if (!result.ok) expect(result.error).toMatchObject({ code: 'DUPLICATE_NONCE', identical: true })
    }
    expect(await amountOf('at once 1')).toBe(1)
  })
})

describe('at once', () => {
  test('transactions in opposite orders, of old and new owners, neither deadlock nor lose a credit', async () => {
    const owners = Array.from({ length: 6 }, (_, i) => `cross ${i}`)
    for (const ownerId of owners.slice(0, 3)) await add(ownerId, 100)
    const results = await Promise.all(
      Array.from({ length: 120 }, (_, i) => {
        const [from, to, third] = [owners[i % 3]!, owners[(i * 5 + 1) % 6]!, owners[(i * 7 + 3) % 6]!]
        const entries = [spend(from, 2), give(to, 1), give(third, 1)]
        return either(i).postTransaction({ nonce: `cross ${i}`, balanced: true, entries })
      }),
    )
    for (const result of results) {
      if (!result.ok) expect(result.error.code).toBe('INSUFFICIENT_BALANCE')
    }
    const amounts = await Promise.all(owners.map(amountOf))
    expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(300)
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('new owners in opposite orders are made without waiting for each other', async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const entries = [give(`new ${i % 4}`, 1), give(`new ${(i + 1) % 4}`, 1), spend(`never ${i % 2}`, 1)]
        return either(i).postTransaction({
          nonce: `new ${i}`,
          entries: i % 8 === 0 ? entries.slice(0, 2) : i % 2 ? entries : entries.toReversed(),
        })
      }),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(5)
    expect(await brokenBooks(sql)).toEqual([])
    expect((await sql.query("SELECT FROM ledger.accounts WHERE owner_id LIKE 'never %'")).rows).toEqual([])
  })
})

describe("in the app's own transaction", () => {
  test('is committed with it, or leaves no trace', async () => {
    const input = (nonce: string) => ({ nonce, entries: [give('tx 2', 1), give('tx 1', 1)] })
    const committed = await prisma.$transaction((tx) => ledger.postTransaction(input('commit'), { tx }))
    expect(await ledger.transaction(committed.transaction.id)).toEqual(committed.transaction)
    const rolledBack = prisma.$transaction(async (tx) => {
      await ledger.postTransaction(input('rollback'), { tx })
      throw new Error('no')
    })
    await expect(rolledBack).rejects.toThrow('no')
    expect(await ledger.entryByNonce('tx 1', 'rollback')).toBeNull()
  })

  test('two that each post for several owners in one call wait for each other, and both commit', async () => {
    const arrive = barrier(2)
    const run = (nonce: string, owners: readonly string[]) =>
      prisma.$transaction(async (tx) => {
        await arrive()
        return ledger.postTransaction({ nonce, entries: owners.map((ownerId) => give(ownerId, 1)) }, { tx })
      })
    await Promise.all([run('left', ['tx 3', 'tx 4']), run('right', ['tx 4', 'tx 3'])])
    expect(await amountOf('tx 3')).toBe(2)
  })
})
