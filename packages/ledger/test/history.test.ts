import fc from 'fast-check'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { type EntriesInput, type OperationOf, parseMoment } from '../src/index.ts'
import { type games, openGames, stopClockAt } from './open-ledger.ts'

type Operation = OperationOf<typeof games>
type Filter = Omit<EntriesInput<Operation>, 'ownerId'>

const { ledger, sql } = await openGames()

const noon = Date.parse('2026-11-22T12:00:00.000Z')
const at = (ms: number) => new Date(noon + ms)
const owners = ['ada', 'long', ...Array.from({ length: 100 }, (_, i) => `crowd ${i}`)]
const long = 25_000

// There is an entry every 10 ms, and three of each ten share a millisecond. "long" has 25,000 entries, ada 60, the
// others 50 each.
beforeAll(async () => {
  await sql.query('ALTER TABLE ledger.entries DISABLE TRIGGER ALL')
  await sql.query(
    `INSERT INTO ledger.entries (app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, metadata, hash, created_on)
     SELECT 'games', 'games', o, i,
            CASE WHEN i % 7 = 0 THEN 'GAME_VISIT' WHEN i % 1000 = 1 THEN 'DAILY_REWARD' ELSE 'CREDIT_ADD' END,
            CASE WHEN i % 7 = 0 THEN 0 ELSE 1 END,
            i - i / 7, 'n' || i, gen_random_uuid(),
            CASE WHEN i % 12000 = 1 THEN '{"k":"rare","x":"y"}' WHEN i % 2 = 0 THEN '{"k":"even"}' ELSE '{"other":"rare"}' END::jsonb,
            sha256('a test''s'),
            $1::timestamptz + (10 * (i - CASE WHEN i % 10 < 3 THEN i % 10 ELSE 0 END)) * interval '1 millisecond'
       FROM unnest($2::text[]) o, generate_series(1, CASE o WHEN 'ada' THEN 60 WHEN 'long' THEN $3::int ELSE 50 END) i`,
    [at(0), owners, long],
  )
  await sql.query('ALTER TABLE ledger.entries ENABLE TRIGGER ALL')
  await sql.query(
    `INSERT INTO ledger.accounts (book, owner_id, balance, seq, head, created_on, updated_on)
     SELECT book, owner_id, sum(amount), count(*), sha256('a test''s'), min(created_on), max(created_on) FROM ledger.entries GROUP BY book, owner_id`,
  )
  await sql.query('ANALYZE ledger.entries, ledger.accounts')
})

/** Returns all of the owner's entries in the order in which they were written. */
async function entriesOf(ownerId: string) {
  const { rows } = await sql.query(
    `SELECT seq::int, operation, balance_after::int AS balance, created_on AS on, metadata FROM ledger.entries
      WHERE owner_id = $1 ORDER BY seq`,
    [ownerId],
  )
  return rows as {
    seq: number
    operation: Operation
    balance: number
    on: Date
    metadata: Record<string, string>
  }[]
}

/** Reads a whole list page by page, in one direction or the other, and returns it in its order. */
async function readAll(
  ownerId: string,
  filter: Filter,
  { size = 100, backward = false } = {},
): Promise<number[]> {
  const read: number[] = []
  let cursor: string | null = null
  for (let more = true; more; ) {
    const page = await ledger.entries({
      ownerId,
      ...filter,
      ...(backward ? { last: size, before: cursor } : { first: size, after: cursor }),
    })
    const seqs = page.edges.map(({ node }) => node.seq)
    read.splice(backward ? 0 : read.length, 0, ...seqs)
    more = backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage
    cursor = backward ? page.pageInfo.startCursor : page.pageInfo.endCursor
  }
  return read
}

describe('balanceAt', () => {
  test('is the balance after the last entry until that moment, to the millisecond', async () => {
    const entries = await entriesOf('ada')
    const moments = new Set(entries.flatMap(({ on }) => [on.getTime() - 1, on.getTime(), on.getTime() + 1]))
    for (const moment of moments) {
      const last = entries.filter(({ on }) => on.getTime() <= moment).at(-1)
      expect(await ledger.balanceAt('ada', new Date(moment))).toEqual({
        ownerId: 'ada',
        book: 'games',
        amount: last?.balance ?? 0,
        asOf: new Date(moment),
      })
    }
  })

  test('of 300 entries at one millisecond is the balance after the last of them', async () => {
    await stopClockAt(sql, '2026-11-23T00:00:00Z')
    for (let n = 0; n < 3; n += 1) {
      const entries = Array.from(
        { length: 100 },
        () => ({ ownerId: 'burst', operation: 'CREDIT_ADD', amount: 1 }) as const,
      )
      expect(await ledger.postTransaction({ nonce: `${n}`, entries })).toMatchObject({ ok: true })
    }
    const amountAt = async (moment: string) => (await ledger.balanceAt('burst', new Date(moment))).amount
    expect(await amountAt('2026-11-22T23:59:59.999Z')).toBe(0)
    expect(await amountAt('2026-11-23T00:00:00.000Z')).toBe(300)
    await stopClockAt(sql, '2026-11-24T00:00:00Z')
    await ledger.postEntry({ ownerId: 'burst', operation: 'CREDIT_SPEND', amount: 50, nonce: 'later' })
    expect(await amountAt('2026-11-23T23:59:59.999Z')).toBe(300)
    expect(await amountAt('9999-12-31T23:59:59.999Z')).toBe(250)
  })

  test('looks at few entries of many', async () => {
    const explain = () =>
      sql.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT ledger.seq_at('games', 'long', $1)`, [
        at(123_456),
      ])
    await explain() // reads the catalogue
    const { rows } = await explain()
    expect(rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks']).toBeLessThan(300)
    expect(await ledger.balanceAt('nobody', at(0))).toEqual({
      ownerId: 'nobody',
      book: 'games',
      amount: 0,
      asOf: at(0),
    })
  })

  test.each([
    ['asOf', new Date(Number.NaN)],
    ['asOf', new Date(-1)],
    ['asOf', new Date(Date.parse('9999-12-31T23:59:59.999Z') + 1)],
    ['asOf', '2026-11-22'],
    ['asOf', null],
  ])('refuses a bad %s: %s', async (field, asOf) => {
    await expect(ledger.balanceAt('ada', asOf as never)).rejects.toMatchObject({ errors: [{ field }] })
  })
})

describe('entries', () => {
  const filterOf = fc.record(
    {
      operations: fc.subarray<Operation>(['GAME_VISIT', 'DAILY_REWARD', 'CREDIT_ADD', 'CREDIT_SPEND']),
      from: fc.integer({ min: -20, max: 700 }).map(at),
      to: fc.integer({ min: -20, max: 700 }).map(at),
      metadata: fc.constantFrom(
        { key: 'k', value: 'even' },
        { key: 'k', value: 'rare' },
        { key: 'x', value: 'z' },
      ),
      order: fc.constantFrom('NEWEST_FIRST' as const, 'OLDEST_FIRST' as const),
    },
    { requiredKeys: [] },
  )

  test('for any filter, page size and direction are exactly the matching ones, once and in order', async () => {
    const all = await entriesOf('ada')
    const matches = ({ operations, from, to, metadata, order }: Filter) => {
      const found = all.filter(
        (entry) =>
          (!operations || operations.includes(entry.operation)) &&
          (!from || entry.on >= from) &&
          (!to || entry.on < to) &&
          (!metadata || entry.metadata[metadata.key] === metadata.value),
      )
      const seqs = found.map(({ seq }) => seq)
      return order === 'OLDEST_FIRST' ? seqs : seqs.reverse()
    }
    await fc.assert(
      fc.asyncProperty(
        filterOf,
        fc.integer({ min: 1, max: 70 }),
        fc.boolean(),
        async (filter, size, backward) => {
          expect(await readAll('ada', filter, { size, backward })).toEqual(matches(filter))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('between two cursors are the entries between them', async () => {
    const { edges } = await ledger.entries({ ownerId: 'ada', first: 30, order: 'OLDEST_FIRST' })
    const [after, before] = [edges[4]!.cursor, edges[9]!.cursor]
    const between = await ledger.entries({ ownerId: 'ada', after, before, order: 'OLDEST_FIRST' })
    expect(between.edges.map(({ node }) => node.seq)).toEqual([6, 7, 8, 9])
    const newest = await ledger.entries({ ownerId: 'ada', after: before, before: after, last: 2 })
    expect(newest.edges.map(({ node }) => node.seq)).toEqual([7, 6])
  })

  test('a rare entry among 25,000 is found on short pages that continue, in each direction', async () => {
    const filter = { metadata: { key: 'k', value: 'rare' } }
    for (const order of ['NEWEST_FIRST', 'OLDEST_FIRST'] as const) {
      const found = order === 'OLDEST_FIRST' ? [1, 12_001, 24_001] : [24_001, 12_001, 1]
      for (const backward of [false, true]) {
        expect(await readAll('long', { ...filter, order }, { size: 2, backward })).toEqual(found)
      }
    }
    const first = await ledger.entries({ ownerId: 'long', ...filter })
    expect(first.edges.map(({ node }) => node.seq)).toEqual([24_001])
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const none = await ledger.entries({ ownerId: 'long', metadata: { key: 'no', value: 'no' } })
    expect(none).toMatchObject({ edges: [], pageInfo: { hasNextPage: true } })
    const rest = await ledger.entries({ ownerId: 'long', ...filter, after: none.pageInfo.endCursor })
    expect(rest.edges.map(({ node }) => node.seq)).toEqual([12_001])
    expect(
      await readAll('long', {
        metadata: { key: 'no', value: 'no' },
        operations: ['GAME_VISIT', 'CREDIT_ADD'],
      }),
    ).toEqual([])
  })

  test.each([
    ['operations', { operations: 'CREDIT_ADD' }],
    ['operations.1', { operations: ['CREDIT_ADD', 'PROJECT_PAYMENT'] }],
    ['operations.0', { operations: ['a\0'] }],
    ['operations.0', { operations: [null] }],
    ['from', { from: '2026-11-22' }],
    ['from', { from: new Date(Number.NaN) }],
    ['to', { to: new Date(8.64e15) }],
    ['order', { order: 'newest' }],
    ['metadata', { metadata: 'k=v' }],
    ['metadata.key', { metadata: { value: 'v' } }],
    ['metadata.value', { metadata: { key: 'k', value: 5 } }],
    ['metadata.key', { metadata: { key: 'a\0', value: 'v' } }],
    ['metadata.value', { metadata: { key: 'a', value: '\ud800' } }],
  ])('refuse a bad %s: %j', async (field, filter) => {
    const reading = ledger.entries({ ownerId: 'ada', ...filter } as never)
    await expect(reading).rejects.toMatchObject({ code: 'VALIDATION_ERROR', errors: [{ field }] })
  })
})

describe('summary', () => {
  test('counts and sums by operation and window, with reversals and refunds apart', async () => {
    await stopClockAt(sql, '2026-12-01T10:59:59.999Z')
    const posting = { ownerId: 'sum', operation: 'CREDIT_ADD', amount: 10 } as const
    const first = await ledger.postEntry({ ...posting, nonce: '1' })
    await ledger.postEntry({ ...posting, nonce: '2', operation: 'CREDIT_SPEND', amount: 4 })
    await stopClockAt(sql, '2026-12-01T11:00:00Z')
    const second = await ledger.postEntry({ ...posting, nonce: '3', amount: 5 })
    await stopClockAt(sql, '2027-01-01T00:00:00Z')
    if (!first.ok || !second.ok) throw new Error('not posted')
    await ledger.reverseTransaction({ id: second.entry.transactionId, nonce: '4' })
    await ledger.refundEntry({ id: first.entry.id, amount: 2, nonce: '5' })
    await ledger.postEntry({ ...posting, nonce: '6' })
    const line = (operation: string, start: string, count: number, gross: number, reversed = 0) => ({
      operation,
      operationName: operation,
      start: new Date(start),
      count,
      gross,
      reversed,
    })
    const input = { ownerId: 'sum', from: new Date('2026-12-01T00:00Z'), to: new Date('2027-01-02T00:00Z') }
    expect(await ledger.summary({ ...input, per: 'HOUR' })).toEqual([
      line('CREDIT_ADD', '2026-12-01T10:00Z', 1, 10),
      line('CREDIT_SPEND', '2026-12-01T10:00Z', 1, -4),
      line('CREDIT_ADD', '2026-12-01T11:00Z', 1, 5),
      line('CREDIT_ADD', '2027-01-01T00:00Z', 1, 10, -7),
    ])
    expect(await ledger.summary({ ...input, per: 'MONTH', operations: ['CREDIT_ADD'] })).toEqual([
      line('CREDIT_ADD', '2026-12-01T00:00Z', 2, 15),
      line('CREDIT_ADD', '2027-01-01T00:00Z', 1, 10, -7),
    ])
    // `from` and `to` cut windows. Entries outside of them are not counted.
    const cut = { from: new Date('2026-12-01T11:00Z'), to: new Date('2027-01-01T00:00Z') }
    expect(await ledger.summary({ ownerId: 'sum', ...cut, per: 'DAY' })).toEqual([
      line('CREDIT_ADD', '2026-12-01T00:00Z', 1, 5),
    ])
    expect(await ledger.summary({ ...cut, per: 'DAY' })).toEqual([
      line('CREDIT_ADD', '2026-12-01T00:00Z', 1, 5),
    ])
    expect(await ledger.summary({ ownerId: 'nobody', ...cut, per: 'DAY' })).toEqual([])
    expect(await ledger.summary({ ...input, per: 'DAY', operations: [] })).toEqual([])
  })

  test('of a whole app agrees with its entries', async () => {
    const lines = await ledger.summary({ from: at(0), to: at(86_400_000 - 1), per: 'DAY' })
    const { rows } = await sql.query(
      `SELECT count(*)::int, sum(amount)::int FROM ledger.entries WHERE app = 'games' AND created_on >= $1 AND created_on < $2`,
      [at(0), at(86_400_000 - 1)],
    )
    expect(lines.reduce((total, { count }) => total + count, 0)).toBe(rows[0].count)
    expect(lines.reduce((total, { gross, reversed }) => total + gross + reversed, 0)).toBe(rows[0].sum)
  })

  test('of more than 2^53 - 1 credits is refused with a message', async () => {
    await stopClockAt(sql, '2028-01-01T00:00:00Z')
    for (const ownerId of ['huge 1', 'huge 2']) {
      await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount: 2 ** 53 - 1, nonce: 'n' })
    }
    const range = {
      from: new Date('2028-01-01T00:00Z'),
      to: new Date('2028-01-02T00:00Z'),
      per: 'DAY',
    } as const
    await expect(ledger.summary(range)).rejects.toMatchObject({ errors: [{ field: 'to' }] })
    expect(await ledger.summary({ ...range, ownerId: 'huge 1' })).toMatchObject([{ gross: 2 ** 53 - 1 }])
  })

  test.each([
    ['from', { from: undefined }],
    ['to', { to: 'now' }],
    ['to', { to: at(0) }],
    ['to', { to: at(-1) }],
    ['to', { to: at(1001 * 86_400_000) }],
    ['per', { per: 'YEAR' }],
    ['per', { per: undefined }],
    ['ownerId', { ownerId: '' }],
    ['operations.0', { operations: ['x'] }],
  ])('refuses a bad %s: %j', async (field, input) => {
    const reading = ledger.summary({ from: at(0), to: at(1), per: 'DAY', ...input } as never)
    await expect(reading).rejects.toMatchObject({ code: 'VALIDATION_ERROR', errors: [{ field }] })
  })
})

test('bounds between two milliseconds are exact', async () => {
  const all = await entriesOf('ada')
  // Nanoseconds after noon. The entries around noon are 10 ms apart.
  const bound = fc
    .tuple(fc.integer({ min: -1, max: 61 }), fc.constantFrom(-1, 0, 1), fc.constantFrom(-1, 0, 1, 999_999))
    .map(([entry, ms, nanoseconds]) => BigInt(entry * 10 + ms) * 1_000_000n + BigInt(nanoseconds))
  const named = (nanoseconds: bigint) => {
    const [ms, finer] = [nanoseconds / 1_000_000n, nanoseconds % 1_000_000n]
    const [floor, rest] = finer < 0n ? [ms - 1n, finer + 1_000_000n] : [ms, finer]
    const text = at(Number(floor))
      .toISOString()
      .replace('Z', `${String(rest).padStart(6, '0')}Z`)
    return parseMoment(text) ?? expect.fail(text)
  }
  const nanosecondsOf = ({ on }: { on: Date }) => BigInt(on.getTime() - noon) * 1_000_000n
  await fc.assert(
    fc.asyncProperty(bound, bound, async (one, other) => {
      const [from, to] = one < other ? [one, other] : [other, one]
      const within = all.filter((entry) => nanosecondsOf(entry) >= from && nanosecondsOf(entry) < to)
      const range = { from: named(from), to: named(to) }
      expect(await readAll('ada', { ...range, order: 'OLDEST_FIRST' })).toEqual(within.map(({ seq }) => seq))
      const last = all.filter((entry) => nanosecondsOf(entry) <= from).at(-1)
      expect((await ledger.balanceAt('ada', range.from)).amount).toBe(last?.balance ?? 0)
      if (from === to) return
      const counted = async (ownerId?: string) =>
        (await ledger.summary({ ...range, per: 'DAY', ownerId })).reduce((sum, { count }) => sum + count, 0)
      expect(await counted('ada')).toBe(within.length)
      const everyone = await sql.query(
        `SELECT count(*)::int FROM ledger.entries
          WHERE (extract(epoch FROM created_on) - $1) * 1e9 >= $2 AND (extract(epoch FROM created_on) - $1) * 1e9 < $3`,
        [noon / 1000, from, to],
      )
      expect(await counted()).toBe(everyone.rows[0].count)
    }),
    { numRuns: 60 },
  )
})

describe('accounts', () => {
  const prefixed = [
    'p%',
    'p%1',
    'p_',
    'p_1',
    'p\\',
    "p'",
    'pä',
    'pö1',
    'p\u{10ffff}',
    'p\u{10ffff}x',
    'P',
    'p',
    '🦉1',
    '🦉2',
    'ä',
  ]

  beforeAll(async () => {
    for (const ownerId of prefixed) await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce: 'n' })
  })

  const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

  test('are those whose owners begin with the prefix, byte by byte, in each direction', async () => {
    const { rows } = await sql.query("SELECT owner_id FROM ledger.accounts WHERE book = 'games'")
    const all = rows.map((row) => String(row.owner_id)).sort(byBytes)
    for (const prefix of [
      undefined,
      '',
      'p',
      'p%',
      'p_',
      'p\\',
      "p'",
      'pä',
      'p\u{10ffff}',
      '🦉',
      'ä',
      'crowd 1',
      'none',
      '\u{10ffff}',
    ]) {
      for (const backward of [false, true]) {
        const read: string[] = []
        let cursor: string | null = null
        for (let more = true; more; ) {
          const page = await ledger.accounts({
            prefix,
            ...(backward ? { last: 7, before: cursor } : { first: 7, after: cursor }),
          })
          read.splice(backward ? 0 : read.length, 0, ...page.edges.map(({ node }) => node.ownerId))
          more = backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage
          cursor = backward ? page.pageInfo.startCursor : page.pageInfo.endCursor
        }
        expect([prefix, read]).toEqual([prefix, all.filter((ownerId) => ownerId.startsWith(prefix ?? ''))])
      }
    }
  })

  test('have the balance, the number of entries and the time of the last change', async () => {
    const page = await ledger.accounts({ prefix: 'ada' })
    expect(page.edges.map(({ node }) => node)).toEqual([
      {
        ownerId: 'ada',
        book: 'games',
        balance: await ledger.balance('ada'),
        entryCount: 60,
        createdOn: at(0),
        updatedOn: at(600),
      },
    ])
  })

  test.each([
    ['prefix', { prefix: 'x'.repeat(256) }],
    ['prefix', { prefix: 'a\0' }],
    ['prefix', { prefix: '\ud83e' }],
    ['prefix', { prefix: 5 }],
    ['first', { first: 0 }],
    ['after', { after: 'x' }],
    ['after', { after: Buffer.from('seq:5').toString('base64url') }],
    ['input', undefined],
  ])('refuse a bad %s: %j', async (field, input) => {
    await expect(ledger.accounts(input as never)).rejects.toMatchObject({ errors: [{ field }] })
  })
})

describe('the cost of a page', () => {
  interface Plan {
    'Node Type': string
    'Actual Rows': number
    'Shared Hit Blocks': number
    'Shared Read Blocks': number
    Plans?: Plan[]
  }

  /** Returns PostgreSQL's plan for the statement of a read. */
  async function planOf(read: () => Promise<unknown>): Promise<{ nodes: Plan[]; blocks: number }> {
    const statements: { text: string; values: unknown[] }[] = []
    const query = pg.Client.prototype.query
    pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
      const [statement, values] = args as [string | { text: string; values: unknown[] }, unknown[]]
      statements.push(
        typeof statement === 'string'
          ? { text: statement, values }
          : { ...statement, values: statement.values ?? values },
      )
      return (query as (...args: unknown[]) => unknown).apply(this, args)
    } as typeof query
    try {
      await read()
    } finally {
      pg.Client.prototype.query = query
    }
    const [statement] = statements.filter(({ text }) => text.includes('ledger.'))
    await sql.query(statement!.text, statement!.values) // reads the catalogue
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement!.text}`
    const { rows } = await sql.query(explain, statement!.values)
    const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)]
    const [{ Plan: plan }] = rows[0]['QUERY PLAN']
    return { nodes: flat(plan), blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] }
  }

  const cursorOf = (seq: number) => Buffer.from(`seq:${seq}`).toString('base64url')
  const ownerId = 'long'
  const deep = cursorOf(12_345)

  test.each<[string, Filter, Filter]>([
    ['newest first', {}, { after: deep }],
    ['oldest first', { order: 'OLDEST_FIRST' }, { order: 'OLDEST_FIRST', after: deep }],
    ['backward', { last: 20 }, { last: 20, before: deep }],
    ['of a time', { from: at(1) }, { from: at(1), to: at(120_000) }],
    [
      'of some operations',
      { operations: ['GAME_VISIT', 'CREDIT_ADD'] },
      { operations: ['GAME_VISIT', 'CREDIT_ADD'], after: deep },
    ],
    ['of a rare operation', { operations: ['DAILY_REWARD'] }, { operations: ['DAILY_REWARD'], after: deep }],
  ])('%s is the same at any depth: an index, and no sort of the history', async (_what, near, far) => {
    const [first, later] = [
      await planOf(() => ledger.entries({ ownerId, ...near })),
      await planOf(() => ledger.entries({ ownerId, ...far })),
    ]
    for (const { nodes } of [first, later]) {
      expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan')
      for (const node of nodes) expect(node['Actual Rows']).toBeLessThan(100)
    }
    expect(later.blocks).toBeLessThan(2 * first.blocks + 200)
  })

  test('of accounts is constant too', async () => {
    await sql.query(
      `INSERT INTO ledger.accounts (book, owner_id, head, created_on, updated_on)
       SELECT 'games', 'more ' || i, ledger.chain_start('games', 'more ' || i), now(), now() FROM generate_series(1, 20000) i`,
    )
    await sql.query('ANALYZE ledger.accounts')
    const after = Buffer.from('owner:more 5').toString('base64url')
    for (const input of [
      {},
      { prefix: 'crowd 5' },
      { prefix: 'more 7', last: 3 },
      { prefix: 'more', after },
      { after },
    ]) {
      const { nodes, blocks } = await planOf(() => ledger.accounts(input))
      expect(nodes.map((node) => node['Node Type']).join()).not.toMatch(/Seq Scan|Sort/)
      expect(blocks).toBeLessThan(200)
    }
  })
})
