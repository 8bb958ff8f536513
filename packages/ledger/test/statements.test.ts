// How many SQL statements each call costs, as PostgreSQL counts them.
import { describe, expect, test } from 'vitest'
import type { LedgerResult } from '../src/index.ts'
import { openGames } from './open-ledger.ts'

const { database, prisma, ledger, another, sql } = await openGames()

/** Returns the ledger's function that a statement calls, or the statement's text. */
const subject = (statement: string) =>
  /^SELECT (ledger\.\w+)\(/.exec(statement)?.[1] ?? statement.replaceAll(/\s+/g, ' ').trim()

/** Returns the statements of a call, without the wake-ups of readers, which no posting waits for. */
async function costOf(run: () => Promise<unknown>): Promise<string[]> {
  const statements = (await database.statementsOf(run)).map(subject)
  return statements.filter((statement) => statement !== 'SELECT pg_notify($1, $2)').toSorted()
}

const add = (ownerId: string, nonce: string, amount = 1) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount, nonce }) as const
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Continues later in this turn of the event loop, like other requests that came at the same time. */
async function afterTicks(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await new Promise<void>((resolve) => process.nextTick(resolve))
}

async function ok<Posted>(result: Promise<LedgerResult<Posted>>): Promise<{ readonly ok: true } & Posted> {
  const settled = await result
  if (!settled.ok) throw settled.error
  return settled
}

const spender = { ownerId: 'spender', operation: 'CREDIT_SPEND', amount: 2 } as const
const hold = async (nonce: string) =>
  (await ok(ledger.holdCredits({ ...spender, nonce, expiresIn: 60 }))).hold
await ledger.postEntry(add('spender', 'start', 1000))

describe('a call', () => {
  test.each<[what: string, call: string, run: () => Promise<unknown>]>([
    ['one entry', 'append', () => ok(ledger.postEntry(add('ada', '1')))],
    ['a replay', 'append', () => ledger.postEntry(add('ada', '1'))],
    ['what is refused', 'append', () => ledger.postEntry({ ...spender, amount: 5000, nonce: '2' })],
    ['a dry run', 'try', () => ok(ledger.postEntry({ ...add('ada', '3'), dryRun: true }))],
    [
      'a transaction of 100 owners',
      'post',
      () =>
        ok(ledger.postTransaction({ nonce: '4', entries: numbers(100).map((n) => add(`owner ${n}`, '')) })),
    ],
    ['a transfer', 'post', () => ok(ledger.transfer({ from: 'spender', to: 'ada', amount: 1, nonce: '5' }))],
    [
      'a list of 1,000',
      'post',
      () => ledger.postEntries(numbers(1000).map((n) => add(`owner ${n % 300}`, `list ${n}`))),
    ],
  ])('that posts %s is one statement', async (_what, call, run) => {
    expect(await costOf(run)).toEqual([`ledger.${call}_games`])
  })

  test('that sets credits aside or an overdraft is one statement', async () => {
    expect(await costOf(() => hold('aside'))).toEqual(['ledger.post_games'])
    expect(await costOf(() => ok(ledger.setOverdraft({ ownerId: 'ada', limit: 5 })))).toEqual([
      'ledger.post_games',
    ])
  })

  test('that names another row looks it up first', async () => {
    const { entry } = await ok(ledger.postEntry({ ...spender, nonce: 'to refund' }))
    const { transaction } = await ok(
      ledger.transfer({ from: 'spender', to: 'ada', amount: 1, nonce: 'to reverse' }),
    )
    const [first, second] = [await hold('to capture'), await hold('to release')]
    expect(await costOf(() => ok(ledger.refundEntry({ id: entry.id, amount: 1, nonce: '6' })))).toEqual([
      'ledger.entries_by_id',
      'ledger.post_games',
    ])
    expect(await costOf(() => ok(ledger.reverseTransaction({ id: transaction.id, nonce: '7' })))).toEqual([
      'ledger.entries_by_transaction',
      'ledger.post_games',
    ])
    expect(await costOf(() => ok(ledger.captureHold({ id: first.id, nonce: '8' })))).toEqual([
      'ledger.holds_by_id',
      'ledger.post_games',
    ])
    expect(await costOf(() => ok(ledger.releaseHold(second.id)))).toEqual([
      'ledger.holds_by_id',
      'ledger.post_games',
    ])
  })

  test("in the app's own transaction adds only its own statement", async () => {
    const cost = await costOf(() =>
      prisma.$transaction((tx) => ledger.postEntry(add('ada', 'in a transaction'), { tx })),
    )
    expect(cost).toEqual(['BEGIN', 'COMMIT', 'ledger.append_games'])
  })
})

describe('postings at the same time', () => {
  test.each([
    [1, ['append']],
    [2, ['post']],
    [64, ['post']],
    [256, ['post']],
    [257, ['append', 'post']],
    [600, ['post', 'post', 'post']],
  ])('%i of different owners are the statements %j', async (count, statements) => {
    const own = another(ledger.operations)
    const cost = await costOf(() =>
      Promise.all(numbers(count).map((n) => ok(own.postEntry(add(`of ${count}, ${n}`, 'n'))))),
    )
    expect(cost).toEqual(statements.map((call) => `ledger.${call}_games`))
    await own.close()
  })

  test('look up what they name together', async () => {
    const holds = await Promise.all(numbers(100).map((n) => hold(`held ${n}`)))
    const cost = await costOf(() =>
      Promise.all(holds.map(({ id }) => ok(ledger.captureHold({ id, nonce: `captures ${id}` })))),
    )
    expect(cost).toEqual(['ledger.holds_by_id', 'ledger.post_games'])
  })
})

describe('reads', async () => {
  const posted = await ledger.postEntries(numbers(100).map((n) => add(`read ${n}`, 'n')))
  const entries = posted.map((result) => {
    if (!result.ok) throw result.error
    return result.entry
  })
  const holds = await Promise.all(numbers(100).map((n) => hold(`read ${n}`)))
  const now = new Date()

  const nth: Record<string, (n: number) => Promise<unknown>> = {
    'the balance': (n) => ledger.balance(`read ${n}`),
    'the balance at a moment': (n) => ledger.balanceAt(`read ${n}`, new Date(now.getTime() - n)),
    'an entry': (n) => ledger.entry(entries[n]!.id),
    'an entry by its nonce': (n) => ledger.entryByNonce(`read ${n}`, 'n'),
    'a transaction': (n) => ledger.transaction(entries[n]!.transactionId),
    'a hold': (n) => ledger.hold(holds[n]!.id),
    'the live holds': (n) => ledger.holds(n === 0 ? 'spender' : `read ${n}`),
  }
  test.each(Object.entries(nth))(
    'of %s, 1, 10 or 100 in one turn, are one statement',
    async (_what, read) => {
      for (const count of [1, 10, 100]) {
        const reads = () => Promise.all(numbers(count).map((n) => afterTicks(n).then(() => read(n))))
        expect(await costOf(reads)).toHaveLength(1)
      }
    },
  )

  test.each(Object.entries(nth))('of %s in one turn return the same as one by one', async (_what, read) => {
    const together = await Promise.all([...numbers(12), 3, 3].map(read))
    for (const [index, n] of [...numbers(12), 3, 3].entries()) expect(together[index]).toEqual(await read(n))
  })

  test('of a page are one statement, whatever its size', async () => {
    await ledger.postEntries(numbers(100).map((n) => add('paged', `${n}`)))
    for (const first of [1, 10, 100]) {
      expect(await costOf(() => ledger.entries({ ownerId: 'paged', first }))).toHaveLength(1)
      expect(await costOf(() => ledger.accounts({ first }))).toHaveLength(1)
    }
  })

  test('of pages of one kind in one turn are one statement, with the same answers as one by one', async () => {
    await ledger.postEntries(
      numbers(60).map((n) => ({
        ...(n % 3
          ? add(`pages ${n % 4}`, `${n}`, 5)
          : { ...spender, ownerId: `pages ${n % 4}`, nonce: `${n}` }),
        metadata: { third: `${n % 3}` },
      })),
    )
    const of = (n: number) => ({ ownerId: `pages ${n % 5}`, first: 1 + (n % 7) })
    const { endCursor } = (await ledger.entries(of(3))).pageInfo
    const kinds: ((n: number) => Parameters<typeof ledger.entries>[0])[] = [
      (n) => ({ ...of(n), after: n % 2 ? endCursor : null }),
      (n) => ({ ...of(n), from: n % 2 ? now : new Date(0), to: n % 3 ? new Date() : null }),
      (n) => ({ ...of(n), operations: n % 2 ? ['CREDIT_SPEND'] : ['CREDIT_ADD', 'CREDIT_SPEND'] }),
      (n) => ({ ...of(n), metadata: { key: 'third', value: `${n % 4}` } }),
      (n) => ({ ownerId: `pages ${n % 5}`, last: 1 + (n % 7), operations: ['CREDIT_ADD'] }),
      (n) => ({ ...of(n), order: 'OLDEST_FIRST', metadata: { key: 'third', value: `${n % 4}` } }),
    ]
    for (const kind of kinds) {
      const inputs = numbers(100).map(kind)
      let together: unknown[] = []
      const cost = await costOf(async () => {
        together = await Promise.all(inputs.map((input) => ledger.entries(input)))
      })
      expect(cost).toHaveLength(1)
      for (const [index, input] of inputs.slice(0, 35).entries()) {
        expect(together[index]).toEqual(await ledger.entries(input))
      }
    }
  })
})

test('a new ledger sends PostgreSQL nothing else', async () => {
  const own = another(ledger.operations)
  expect(await costOf(() => ok(own.postEntry(add('first', 'n'))))).toEqual(['ledger.append_games'])
  await own.close()
  expect((await sql.query("SELECT FROM ledger.entries WHERE owner_id = 'first'")).rowCount).toBe(1)
})
