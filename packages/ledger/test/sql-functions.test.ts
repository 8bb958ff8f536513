import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifyLedger } from '../src/verify/verify.ts'
import { allRows, openGames, postAllBySql, type SqlRequest } from './open-ledger.ts'

const { ledger, sql } = await openGames()

// Callers may go around the TypeScript code. Whatever they send, the functions leave nothing behind that verify would
// report.

const id = '019a9f3e-5c1f-7d60-8a38-0f3a52a7c1de'
const line = (account: number | null, amount: number, rest: object = {}) => ({
  account,
  operation: 'CREDIT_ADD',
  amount,
  ...rest,
})
const request = (
  nonce: string,
  lines: SqlRequest['lines'],
  attempt: string | null = crypto.randomUUID(),
) => ({
  id: attempt,
  nonce,
  metadata: {},
  lines,
})

const post = (ownerIds: readonly (string | null)[], ...requests: (SqlRequest | null)[]) =>
  postAllBySql(sql, { app: 'games', ownerIds, requests })

const broken = async () => (await verifyLedger(sql, { apps: ['games'] })).broken

describe('an attempt id that is used again', () => {
  test('by other owners and nonces makes separate transactions', async () => {
    const add = [line(1, 1)]
    await post(['a'], request('1', add, id))
    await post(['b'], request('1', add, id), request('2', add, id))
    await post(['a'], request('2', add, id))
    await post(['a', 'b'], request('3', [line(1, 1), line(2, 1)], id))
    const { rows } = await sql.query('SELECT DISTINCT transaction_id FROM ledger.entries')
    expect(rows).toHaveLength(5)
    for (const { transaction_id } of rows) expect(transaction_id).toMatch(/^019a9f3e-5c1f-7[\da-f]{3}-8/)
    expect(await broken()).toEqual([])
  })

  test('by the same owner and nonce is the same attempt', async () => {
    const own = request('own', [line(1, 1)], id)
    const [first] = await post(['c'], own)
    const entry = { id: first.entries[0].id, seq: 1, transactionId: first.entries[0].transactionId }
    expect(await post(['c'], own, { ...own, id: crypto.randomUUID() })).toMatchObject([
      { outcome: 'duplicate', own: true, entry },
      { outcome: 'duplicate', own: false, entry },
    ])
  })
})

describe('a reversal of a part', () => {
  test('is refused, and so is a reversal that does something else too', async () => {
    const [{ entries }] = await post(['d', 'e'], request('two', [line(1, 5), line(2, 7)]))
    const [{ entries: others }] = await post(['d'], request('one', [line(1, 3)]))
    const [d, e] = [line(1, -5, { reverses: entries[0].id }), line(2, -7, { reverses: entries[1].id })]
    const other = line(1, -3, { reverses: others[0].id })
    const before = await allRows(sql)
    const refused = { outcome: 'not_reversible' }
    expect(
      await post(
        ['d', 'e'],
        request('half', [d]),
        request('and more', [d, e, line(1, 1)]),
        request('more first', [line(1, 1), d, e]),
        request('of two', [d, e, other]),
      ),
    ).toMatchObject([
      { ...refused, line: 0, balance: { ownerId: 'd', amount: 8 } },
      { ...refused, line: 0 },
      { ...refused, line: 1, balance: { ownerId: 'd', amount: 8 } },
      { ...refused, line: 0 },
    ])
    expect(await allRows(sql)).toMatchObject({ entries: Object(before).entries })
    expect(await post(['d', 'e'], request('whole', [e, d]))).toMatchObject([{ outcome: 'posted' }])
    expect(await broken()).toEqual([])
  })
})

describe('an invalid list', () => {
  test.each([
    ['no lines', ['f'], [request('n', [])], 'from 1 to 1, not by one of <NULL>'],
    [
      'no lines beside one',
      ['f'],
      [request('n', []), request('m', [line(1, 1)])],
      '1 to 100 lines, one after another',
    ],
    ['lines that are null', ['f'], [request('n', null)], 'from 1 to 1, not by one of <NULL>'],
    [
      'a line without an account',
      ['f'],
      [request('n', [line(null, 1)])],
      'from 1 to 1, not by one of {NULL}',
    ],
    ['101 lines', ['f'], [request('n', Array(101).fill(line(1, 1)))], '1 to 100 lines, one after another'],
    ['an account that is not there', ['f'], [request('n', [line(2, 1)])], 'from 1 to 1, not by one of {2}'],
    ['an account 0', ['f'], [request('n', [line(0, 1)])], 'from 1 to 1, not by one of {0}'],
    ['an amount of null', ['f'], [request('n', [line(1, Number.NaN)])], 'null value'],
    ['no id', ['f'], [request('n', [line(1, 1)], null)], 'null value'],
    ['a request of null', ['f'], [null, request('n', [line(1, 1)])], '1 to 100 lines, one after another'],
    ['no requests', ['f'], [], 'a call has requests'],
    ['an owner of null', [null], [request('n', [line(1, 1)])], 'null value'],
    ['an owner twice', ['f', 'f'], [request('n', [line(1, 1), line(2, 1)])], 'once each'],
    ['owners in another order', ['g', 'f'], [request('n', [line(1, 1)])], 'in the order of the bytes'],
  ])('of %s is refused', async (_what, owners, requests, message) => {
    const before = await allRows(sql)
    await expect(post(owners, ...requests)).rejects.toThrow(message)
    expect(await allRows(sql)).toMatchObject({
      accounts: Object(before).accounts,
      entries: Object(before).entries,
    })
  })
})

describe('invalid columns', () => {
  const columns = {
    id: [id],
    nonce: ['odd'],
    request: [1],
    account: [1],
    operation: ['CREDIT_ADD'],
    amount: [1],
  }
  const call = (owners: readonly string[], parts: readonly number[], requests: object) =>
    sql.query('SELECT ledger.post_games($1, $2, $3, $4)', [
      owners[0],
      owners,
      parts,
      JSON.stringify(requests),
    ])

  test.each([
    ['lines of requests that are not in order', { ...columns, request: [2] }],
    ['a line too many', { ...columns, request: [1, 2], account: [1, 1] }],
    ['reversals in a list of lists', { ...columns, reverses: [[1]] }],
    ['refunds in a list of lists', { ...columns, refunds: [[1]] }],
    ['captures in a list of lists', { ...columns, captures: [[1]] }],
    ['operations in a list of lists', { ...columns, operation: [['CREDIT_ADD']] }],
    ['accounts in a list of lists', { ...columns, account: [[1]] }],
  ])('%s: is refused', async (_what, requests) => {
    const before = await allRows(sql)
    await expect(call(['odd'], [1], requests)).rejects.toMatchObject({ code: '22023' })
    expect(await allRows(sql)).toEqual(before)
  })

  test.each([[[]], [[1]], [[3]], [[1, -1, 1, 1]], [[1, -1, 2]], [[0, 0, 1, 1, 0]]])(
    'parts %j of two owners: are refused, or do no harm',
    async (parts) => {
      const two = {
        ...columns,
        request: [1, 1],
        account: [1, 2],
        operation: ['CREDIT_ADD', 'CREDIT_ADD'],
        amount: [1, 2],
      }
      await call(['part a', 'part b'], parts, { ...two, nonce: [JSON.stringify(parts)] }).catch((error) =>
        expect(error).toMatchObject({ code: '22023' }),
      )
      expect(await broken()).toEqual([])
    },
  )
})

describe('a hold', () => {
  const hold = (ownerId: string, nonce: string, lines: readonly object[], hold_ms: number) =>
    post(
      [ownerId],
      request(
        nonce,
        lines.map((each) => ({ ...each, hold_ms })),
      ),
    )
  const spend = { account: 1, operation: 'CREDIT_SPEND', amount: -1 }
  const years = (count: number) => count * 365 * 24 * 60 * 60 * 1000

  test.each([
    ['of 285,000 years', [spend], years(285_000), 'holds_expires_on'],
    ['of a year and a millisecond', [spend], years(1) + 1, 'holds_expires_on'],
    ['of no time', [spend], 0, 'holds_expires_on'],
    ['of two lines', [spend, spend], 1000, 'is alone in its transaction'],
    ['that captures a hold', [{ ...spend, captures: 1 }], 1000, 'one thing'],
    ['that reverses', [{ ...spend, reverses: 1 }], 1000, 'one thing'],
    ['that refunds', [{ ...spend, refunds: 1 }], 1000, 'one thing'],
    ['that releases one', [{ ...spend, releases: 1 }], 1000, 'one thing'],
    ['of an overdraft', [{ ...spend, overdraft: 1 }], 1000, 'one thing'],
    ['of what is given', [{ ...spend, amount: 1 }], 1000, 'credits_from_1_range'],
    ['of nothing', [{ ...spend, amount: 0 }], 1000, 'credits_from_1_range'],
  ])('%s is refused', async (_what, lines, milliseconds, message) => {
    await ledger.postEntry({ ownerId: 'holder', operation: 'CREDIT_ADD', nonce: 'in' })
    await expect(hold('holder', 'h', lines, milliseconds)).rejects.toThrow(message)
    expect(await ledger.balance('holder')).toMatchObject({ amount: 10, held: 0 })
  })

  test('of 365 days is made, and its owner can be listed', async () => {
    await ledger.postEntry({ ownerId: 'patient', operation: 'CREDIT_ADD', nonce: 'in' })
    expect(await hold('patient', 'h', [spend], years(1))).toMatchObject([{ outcome: 'held' }])
    expect(await ledger.holds('patient')).toMatchObject([{ status: 'HELD' }])
  })
})

test('an account stays once a call has used it, whatever a later line of the call does', async () => {
  const aside = (rest: object) => ({
    ...request('none', [{ account: 1, operation: null, amount: 0, ...rest }]),
    nonce: null,
  })
  await post(['never used'], aside({ overdraft: 0 }))
  await post(['set back'], aside({ overdraft: 8 }), aside({ overdraft: 0 }))
  const { rows: next } = await sql.query('SELECT last_value + is_called::int AS id FROM ledger.holds_id_seq')
  await post(
    ['released'],
    aside({ overdraft: 8 }),
    request('hold', [{ account: 1, operation: 'CREDIT_SPEND', amount: -4, hold_ms: 60_000 }]),
    aside({ releases: next[0].id }),
    aside({ overdraft: 0 }),
  )
  const { rows } = await sql.query(
    `SELECT a.owner_id, a.overdraft, a.held, h.released_on IS NOT NULL AS is_released
       FROM ledger.accounts a LEFT JOIN ledger.holds h USING (book, owner_id)
      WHERE a.owner_id IN ('never used', 'set back', 'released') ORDER BY 1`,
  )
  expect(rows).toEqual([
    { owner_id: 'released', overdraft: '0', held: '0', is_released: true },
    { owner_id: 'set back', overdraft: '0', held: '0', is_released: false },
  ])
})

test('a capture is judged by the amount that it posts', async () => {
  await post(['captured'], request('add', [line(1, 10)]))
  const { rows } = await sql.query('SELECT last_value + is_called::int AS id FROM ledger.holds_id_seq')
  const spend = { account: 1, operation: 'CREDIT_SPEND' }
  await post(['captured'], request('hold', [{ ...spend, amount: -6, hold_ms: 60_000 }]))
  for (const amount of [5, 0, -7]) {
    const capture = { ...spend, amount, requested: -1, captures: rows[0].id, keeps: true }
    const answer = await post(['captured'], request(`capture ${amount}`, [capture]))
    expect(JSON.stringify(answer)).toContain('capture_exceeded')
  }
  expect(await broken()).toEqual([])
})

test('whatever is sent to the functions, verify finds nothing', async () => {
  const owners = ['p', 'q', 'r']
  const durations = [-1, 0, 1, 1000, 31_536_000_000, 9_000_000_000_000_000]
  const ids = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 60 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  )
  const lines = fc.record(
    {
      account: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) },
        { weight: 1, arbitrary: fc.constantFrom(0, 4, null) },
      ),
      operation: fc.constantFrom('CREDIT_ADD', 'CREDIT_ADD', 'CREDIT_SPEND', 'GAME_VISIT', 'UNKNOWN'),
      amount: fc.constantFrom(5, 3, 1, 0, -1, -3, -5, 2 ** 53, null),
      reverses: ids,
      refunds: ids,
      captures: ids,
      keeps: fc.constantFrom(true, false, null),
      prolongs: ids,
      until: fc.constantFrom(
        0,
        Date.now() + 60_000,
        Date.now() + 400 * 86_400_000,
        9_000_000_000_000_000,
        null,
      ),
      releases: ids,
      hold_ms: fc.constantFrom(...durations, null),
      overdraft: fc.constantFrom(-1, 0, 3, 2 ** 53, null),
      limit_times: fc.constantFrom(1, 0, null),
      limit_per: fc.constantFrom('day', 'lifetime', null),
    },
    { requiredKeys: ['account', 'operation', 'amount'] },
  )
  const requests = fc.record({
    id: fc.constantFrom(id, '019a9f3e-5c1f-7d60-8a38-000000000000', null),
    nonce: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
    metadata: fc.constantFrom({}, { a: 'b' }),
    invalid: fc.constantFrom(false, false, true),
    lines: fc.array(lines, { maxLength: 3 }),
  })
  /**
   * Reverses the newest transaction or a part of it, refunds, or captures an existing hold. Chance alone seldom does
   * this.
   */
  const aimed = fc.constantFrom('reverses', 'refunds', 'captures')
  const entries = async () =>
    (
      await sql.query(
        "SELECT id, owner_id, operation, amount, transaction_id FROM ledger.entries WHERE app = 'games' AND owner_id = ANY ($1) ORDER BY id DESC LIMIT 8",
        [owners],
      )
    ).rows
  const holds = async () =>
    (
      await sql.query(
        "SELECT id, owner_id, operation, amount FROM ledger.holds WHERE app = 'games' AND owner_id = ANY ($1) ORDER BY id DESC LIMIT 4",
        [owners],
      )
    ).rows

  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.array(requests, { minLength: 1, maxLength: 3 }).map((list) => ({ list })),
          fc.record({
            aimed,
            count: fc.integer({ min: 1, max: 3 }),
            nonce: fc.uuid(),
            extra: fc.boolean(),
            part: fc.constantFrom({}, { keeps: true }, { requested: -1 }, { requested: -1, keeps: true }),
          }),
        ),
        { minLength: 5, maxLength: 20 },
      ),
      async (calls) => {
        for (const call of calls) {
          await send(call).catch((error: { code?: string }) => expect(error.code).toMatch(/^2[23]/))
        }
        expect(await broken()).toEqual([])
      },
    ),
    { numRuns: 60 },
  )

  async function send(call: object) {
    if ('list' in call && Array.isArray(call.list)) return post(owners, ...call.list)
    const { aimed, count, nonce, extra, part } = Object(call)
    const targets = (await (aimed === 'captures' ? holds() : entries())).slice(0, count)
    const aims = targets.map(({ id, owner_id, operation, amount }) => ({
      account: owners.indexOf(owner_id) + 1,
      operation,
      amount: -amount,
      [aimed]: id,
      ...(aimed === 'captures' && part),
    }))
    return post(owners, request(nonce, extra ? [...aims, line(1, 1)] : aims))
  }
})
