import { describe, expect, test } from 'vitest'
import { createLedger, defineOperations, maxCredits, sharedOperations } from '../src/index.ts'
import { balanceOf, openLedger, operations } from './open-ledger.ts'

const { ledger, pool, posted, sql, another } = await openLedger()

/** Returns how many rows the owner has: [accounts, entries]. */
async function rowsOf(ownerId: string): Promise<number[]> {
  const { rows } = await sql.query(
    `SELECT (SELECT count(*)::int FROM ledger.accounts WHERE owner_id = $1) AS accounts,
            (SELECT count(*)::int FROM ledger.entries WHERE owner_id = $1) AS entries`,
    [ownerId],
  )
  return [rows[0].accounts, rows[0].entries]
}

describe('postEntry', () => {
  test('posts an entry and returns it with the balance', async () => {
    const before = Date.now()
    const result = await ledger.postEntry({
      ownerId: 'ada',
      operation: 'CREDIT_ADD',
      amount: 25,
      nonce: 'n1',
      metadata: { order: '7', note: '' },
    })
    expect(result).toMatchObject({
      ok: true,
      entry: {
        ownerId: 'ada',
        operation: 'CREDIT_ADD',
        amount: 25,
        balanceAfter: 25,
        seq: 1,
        nonce: 'n1',
        metadata: { order: '7', note: '' },
      },
      balance: { ownerId: 'ada', amount: 25 },
    })
    if (!result.ok) return
    expect(result.entry.id).toMatch(/^[1-9]\d*$/)
    expect(result.entry.transactionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(Math.abs(result.entry.createdOn.getTime() - before)).toBeLessThan(60_000)
    expect(await ledger.entry(result.entry.id)).toEqual(result.entry)
    expect(await ledger.balance('ada')).toEqual(balanceOf('ada', 25))
  })

  test.each([
    ['a fixed amount left out', 'DAILY_REWARD', undefined, 1],
    ['a fixed amount given', 'SIGNUP_CREDIT', 3, 3],
    ['null for the default', 'CREDIT_ADD', null, 10],
    ['the default of a spend', 'CREDIT_SPEND', undefined, -1],
    ['a number of credits, signed by the operation', 'CREDIT_SPEND', 4, -4],
    ['0', 'CONTENT_ACCESS', 0, 0],
  ] as const)('takes %s', async (what, operation, amount, signed) => {
    await ledger.postEntry({ ownerId: what, operation: 'CREDIT_ADD', amount: 100, nonce: 'credits' })
    const result = await ledger.postEntry({ ownerId: what, operation, amount, nonce: 'n' })
    expect(result).toMatchObject({ ok: true, entry: { amount: signed, balanceAfter: 100 + signed } })
  })

  test.each([
    ['a fixed amount that differs', { operation: 'DAILY_REWARD', amount: 2 }, 'amount'],
    ['a negative amount', { operation: 'CREDIT_ADD', amount: -5 }, 'amount'],
    ['0 in a range', { operation: 'CREDIT_ADD', amount: 0 }, 'amount'],
    ['a fraction', { operation: 'CREDIT_ADD', amount: 1.5 }, 'amount'],
    ['2^53', { operation: 'CREDIT_ADD', amount: 2 ** 53 }, 'amount'],
    ['1e30', { operation: 'CREDIT_ADD', amount: 1e30 }, 'amount'],
    ['NaN', { operation: 'CREDIT_ADD', amount: Number.NaN }, 'amount'],
    ['text as an amount', { operation: 'CREDIT_ADD', amount: '5' }, 'amount'],
    ['an unknown operation', { operation: 'PROJECT_PAYMENT' }, 'operation'],
    ['a name of every object', { operation: 'toString' }, 'operation'],
    ['an empty nonce', { operation: 'CREDIT_ADD', nonce: '' }, 'nonce'],
    ['a long nonce', { operation: 'CREDIT_ADD', nonce: 'n'.repeat(256) }, 'nonce'],
    ['NUL', { operation: 'CREDIT_ADD', nonce: 'a\0b' }, 'nonce'],
    ['a lone surrogate', { operation: 'CREDIT_ADD', nonce: '\ud800' }, 'nonce'],
    ['metadata with a number', { operation: 'CREDIT_ADD', metadata: { a: 1 } }, 'metadata.a'],
    ['metadata with NUL', { operation: 'CREDIT_ADD', metadata: { a: '\0' } }, 'metadata.a'],
    ['text as dryRun', { operation: 'CREDIT_ADD', dryRun: 'yes' }, 'dryRun'],
    [
      'metadata with an object that is no text',
      { operation: 'CREDIT_ADD', metadata: { a: Object.create(null) } },
      'metadata.a',
    ],
    ['metadata as a list', { operation: 'CREDIT_ADD', metadata: ['a'] }, 'metadata'],
    [
      '21 keys',
      {
        operation: 'CREDIT_ADD',
        metadata: Object.fromEntries([...'abcdefghijklmnopqrstu'].map((k) => [k, k])),
      },
      'metadata',
    ],
    [
      '4 KiB and a byte of metadata',
      { operation: 'CREDIT_ADD', metadata: { a: 'é'.repeat(2048) } },
      'metadata',
    ],
  ])('refuses %s and writes nothing', async (what, input, field) => {
    const unchecked = { ownerId: what, nonce: 'n', ...input } as unknown as Parameters<
      typeof ledger.postEntry
    >[0]
    const result = await ledger.postEntry(unchecked)
    expect(result).toMatchObject({ ok: false, error: { code: 'VALIDATION_ERROR', errors: [{ field }] } })
    expect(await rowsOf(what)).toEqual([0, 0])
  })

  test('accepts values at the limits', async () => {
    const ownerId = '🦉'.repeat(255)
    const metadata = { a: `${'é'.repeat(2047)}x` }
    const result = await ledger.postEntry({
      ownerId,
      operation: 'CREDIT_ADD',
      amount: maxCredits,
      nonce: ' ',
      metadata,
    })
    expect(result).toMatchObject({
      ok: true,
      entry: { ownerId, nonce: ' ', metadata, balanceAfter: maxCredits },
    })
  })

  test('keeps a metadata key named __proto__', async () => {
    const metadata = JSON.parse('{"__proto__":"x"}')
    const result = await ledger.postEntry({ ownerId: 'proto', operation: 'CREDIT_ADD', nonce: 'n', metadata })
    expect(JSON.stringify(result.ok && result.entry.metadata)).toBe('{"__proto__":"x"}')
  })

  test('compares owners byte by byte', async () => {
    const owners = ['e\u0301', '\u00e9', 'E\u0301', ' é', 'é ']
    for (const ownerId of owners) await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce: 'n' })
    for (const ownerId of owners) {
      expect(await ledger.balance(ownerId)).toEqual(balanceOf(ownerId, 10))
    }
  })

  test('refuses to overspend, and leaves no account behind', async () => {
    const refused = await ledger.postEntry({
      ownerId: 'poor',
      operation: 'CREDIT_SPEND',
      amount: 1,
      nonce: 'n',
    })
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'INSUFFICIENT_BALANCE', balance: { ownerId: 'poor', amount: 0 }, retryable: false },
    })
    expect(await rowsOf('poor')).toEqual([0, 0])
    await ledger.postEntry({ ownerId: 'poor', operation: 'CREDIT_ADD', amount: 3, nonce: 'n' })
    expect(
      await ledger.postEntry({ ownerId: 'poor', operation: 'CREDIT_SPEND', amount: 4, nonce: 'm' }),
    ).toMatchObject({
      error: { message: 'The posting takes 4 credits, poor has 3 available.' },
    })
    expect(
      await ledger.postEntry({ ownerId: 'poor', operation: 'CREDIT_SPEND', amount: 3, nonce: 'm' }),
    ).toMatchObject({
      ok: true,
      balance: { amount: 0 },
    })
  })

  test('refuses a balance beyond 2^53 - 1', async () => {
    await ledger.postEntry({ ownerId: 'rich', operation: 'CREDIT_ADD', amount: maxCredits, nonce: '1' })
    const result = await ledger.postEntry({
      ownerId: 'rich',
      operation: 'CREDIT_ADD',
      amount: maxCredits,
      nonce: '2',
    })
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'BALANCE_OUT_OF_RANGE', balance: { amount: maxCredits } },
    })
    expect(await rowsOf('rich')).toEqual([1, 1])
  })
})

describe('a repeated nonce', () => {
  const request = {
    ownerId: 'twice',
    operation: 'CREDIT_ADD',
    amount: 10,
    nonce: 'n',
    metadata: { a: '1' },
  } as const

  test('returns the original, and whether the request is identical', async () => {
    const first = await ledger.postEntry(request)
    const cases = [
      [request, true],
      [{ ...request, amount: undefined }, true],
      [{ ...request, amount: 11 }, false],
      [{ ...request, metadata: {} }, false],
      [{ ...request, operation: 'CREDIT_SPEND' }, false],
      [{ ...request, operation: 'DAILY_REWARD', amount: 10 }, false],
    ] as const
    for (const [again, identical] of cases) {
      expect(await ledger.postEntry(again)).toMatchObject({
        ok: false,
        error: {
          code: 'DUPLICATE_NONCE',
          identical,
          entry: first.ok && first.entry,
          balance: { amount: 10 },
        },
      })
    }
    expect(await rowsOf('twice')).toEqual([1, 1])
  })

  test('is found before the balance is judged', async () => {
    await ledger.postEntry({ ownerId: 'spender', operation: 'CREDIT_ADD', amount: 5, nonce: 'in' })
    const spend = { ownerId: 'spender', operation: 'CREDIT_SPEND', amount: 5, nonce: 'out' } as const
    await ledger.postEntry(spend)
    expect(await ledger.postEntry(spend)).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true, balance: { amount: 0 } },
    })
  })

  test('is found before an amount rule that has changed', async () => {
    await ledger.postEntry({ ownerId: 'ruled', operation: 'CREDIT_ADD', amount: 10, nonce: 'n' })
    const narrower = another(
      defineOperations({
        ...operations,
        CREDIT_ADD: { ...sharedOperations.CREDIT_ADD, amount: { min: 20, max: 30 } },
      }),
    )
    expect(
      await narrower.postEntry({ ownerId: 'ruled', operation: 'CREDIT_ADD', amount: 10, nonce: 'n' }),
    ).toMatchObject({ error: { code: 'DUPLICATE_NONCE', identical: true } })
    expect(await narrower.postEntry({ ownerId: 'ruled', operation: 'CREDIT_ADD', nonce: 'n' })).toMatchObject(
      {
        error: { code: 'DUPLICATE_NONCE', identical: true },
      },
    )
    expect(
      await narrower.postEntry({ ownerId: 'ruled', operation: 'CREDIT_ADD', amount: 10, nonce: 'new' }),
    ).toMatchObject({ error: { code: 'VALIDATION_ERROR', errors: [{ field: 'amount' }] } })
    await narrower.close()
  })

  test('of a refused request can be used again', async () => {
    const spend = { ownerId: 'later', operation: 'CREDIT_SPEND', amount: 2, nonce: 'n' } as const
    expect(await ledger.postEntry(spend)).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE' } })
    await ledger.postEntry({ ownerId: 'later', operation: 'CREDIT_ADD', amount: 2, nonce: 'in' })
    expect(await ledger.postEntry(spend)).toMatchObject({ ok: true })
  })

  test('of another owner is not a duplicate', async () => {
    expect(await ledger.postEntry({ ...request, ownerId: 'someone else' })).toMatchObject({ ok: true })
  })
})

test('every posting is reported once, with its outcome', async () => {
  posted.length = 0
  await ledger.postEntry({ ownerId: 'logged', operation: 'CREDIT_ADD', nonce: '1' })
  await ledger.postEntry({ ownerId: 'logged', operation: 'CREDIT_ADD', nonce: '1' })
  await ledger.postEntry({ ownerId: 'logged', operation: 'CREDIT_SPEND', amount: 50, nonce: '2' })
  const event = { app: 'content', ownerId: 'logged' }
  expect(posted).toEqual([
    { ...event, operation: 'CREDIT_ADD', amount: 10, outcome: 'posted' },
    { ...event, operation: 'CREDIT_ADD', amount: null, outcome: 'DUPLICATE_NONCE' },
    { ...event, operation: 'CREDIT_SPEND', amount: 50, outcome: 'INSUFFICIENT_BALANCE' },
  ])
})

test('a listener that throws does not change the outcome', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  const outcomes: string[] = []
  const throwing = createLedger({
    app: 'content',
    operations,
    pool,
    onPosting({ outcome }) {
      outcomes.push(outcome)
      throw new Error('the log is full')
    },
  })
  const posting = { ownerId: 'throwing', operation: 'CREDIT_ADD', nonce: 'n' } as const
  expect(await throwing.postEntry(posting)).toMatchObject({ ok: true })
  expect(await throwing.postEntry(posting)).toMatchObject({ error: { code: 'DUPLICATE_NONCE' } })
  expect(outcomes).toEqual(['posted', 'DUPLICATE_NONCE'])
  await expect.poll(() => warnings.map(({ message }) => message)).toEqual(Array(2).fill('the log is full'))
  process.off('warning', onWarning)
})

test('created_on never decreases along seq, whatever the clock does', async () => {
  await sql.query(`CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
    BEGIN RETURN timestamptz '2100-01-01' - interval '1 day' * (SELECT count(*) FROM ledger.entries); END $$`)
  for (const nonce of ['1', '2', '3'])
    await ledger.postEntry({ ownerId: 'clock', operation: 'CREDIT_ADD', nonce })
  const { edges } = await ledger.entries({ ownerId: 'clock' })
  const times = edges.map(({ node }) => node.createdOn.getTime()).reverse()
  expect(times).toEqual([...times].sort((a, b) => a - b))
})

test('an account that is ahead of the clock moves only the accounts in its own transaction', async () => {
  await sql.query(`CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
    BEGIN RETURN CASE WHEN EXISTS (SELECT 1 FROM ledger.accounts WHERE owner_id = 'ahead' AND seq > 0)
                 THEN timestamptz '2200-01-01' ELSE timestamptz '2300-01-01' END; END $$`)
  const add = (ownerId: string, nonce: string) =>
    ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const
  await ledger.postEntry(add('ahead', 'first'))
  const outcomes = [
    ...(await Promise.all([add('ahead', 'a'), add('beside', 'a')].map((input) => ledger.postEntry(input)))),
    ...(await ledger.postEntries([add('ahead', 'b'), add('in a list', 'b')])),
  ]
  expect(outcomes.map((outcome) => outcome.ok && outcome.entry.createdOn.getUTCFullYear())).toEqual([
    2300, 2200, 2300, 2200,
  ])
})
