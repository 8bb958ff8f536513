import { describe, expect, test } from 'vitest'
import { createLedger, defineOperations } from '../src/index.ts'
import { games, openGames, stopClockAt } from './open-ledger.ts'

const { ledger, pool, prisma, sql, another } = await openGames()
const processes = [ledger, another(games), another(games)]
const either = (index: number) => processes[index % processes.length]!

const get = (ownerId: string, operation: keyof typeof games, nonce: string = crypto.randomUUID()) =>
  ledger.postEntry({ ownerId, operation, nonce })

/** Gets a reward at each of the moments. Returns for each 'ok', or when the next one is possible. */
async function getAt(ownerId: string, operation: keyof typeof games, moments: readonly string[]) {
  const outcomes: (string | null)[] = []
  for (const moment of moments) {
    await stopClockAt(sql, moment)
    const result = await get(ownerId, operation)
    if (result.ok) outcomes.push('ok')
    else if (result.error.code === 'LIMIT_REACHED') outcomes.push(result.error.nextOn?.toISOString() ?? null)
    else throw result.error
  }
  return outcomes
}

describe('a limit', () => {
  // 2026-11-22 is a Sunday. Each row has the last moment of a window and the first of the next.
  test.each([
    [
      'GAME_HOURLY',
      ['2026-11-22T10:00:00.000Z', '2026-11-22T10:30Z', '2026-11-22T10:59:59.999Z', '2026-11-22T11:00Z'],
      ['ok', 'ok', '2026-11-22T11:00:00.000Z', 'ok'],
    ],
    [
      'GAME_DAILY',
      [
        '2026-11-21T23:59:59.999Z',
        '2026-11-22T00:00:00.000Z',
        '2026-11-22T00:00:00.001Z',
        '2026-11-22T23:59:59.998Z',
        '2026-11-22T23:59:59.999Z',
        '2026-11-23T00:00:00.000Z',
      ],
      ['ok', 'ok', 'ok', 'ok', '2026-11-23T00:00:00.000Z', 'ok'],
    ],
    [
      'GAME_WEEKLY',
      [
        '2026-11-22T23:59:59.999Z',
        '2026-11-23T00:00:00.000Z', // Monday
        '2026-11-29T23:59:59.999Z',
        '2026-11-30T00:00:00.000Z',
        '2026-12-31T12:00:00.000Z', // a week that continues into the next year
        '2027-01-03T23:59:59.999Z',
        '2027-01-04T00:00:00.000Z',
      ],
      ['ok', 'ok', '2026-11-30T00:00:00.000Z', 'ok', 'ok', '2027-01-04T00:00:00.000Z', 'ok'],
    ],
    [
      'GAME_MONTHLY',
      [
        '2027-01-31T23:59:59.999Z',
        '2027-02-01T00:00:00.000Z',
        '2027-02-28T23:59:59.999Z',
        '2027-03-01T00:00:00.000Z',
        '2027-12-31T23:59:59.999Z',
        '2027-12-31T23:59:59.999Z',
        '2028-01-01T00:00:00.000Z',
        '2028-02-29T23:59:59.999Z',
        '2028-02-29T23:59:59.999Z',
      ],
      [
        'ok',
        'ok',
        '2027-03-01T00:00:00.000Z',
        'ok',
        'ok',
        '2028-01-01T00:00:00.000Z',
        'ok',
        'ok',
        '2028-03-01T00:00:00.000Z',
      ],
    ],
    ['GAME_ONCE', ['2028-03-01T00:00Z', '2028-03-01T00:00Z', '2999-01-01T00:00Z'], ['ok', null, null]],
  ] as const)('of %s is exact to the millisecond, in UTC', async (operation, moments, outcomes) => {
    expect(await getAt(operation, operation, moments)).toEqual(outcomes)
  })

  test("is judged in UTC whatever the session's time zone", async () => {
    await sql.query("ALTER ROLE CURRENT_USER SET timezone = 'Pacific/Kiritimati'")
    const east = another(games)
    await sql.query('ALTER ROLE CURRENT_USER RESET timezone')
    await stopClockAt(sql, '2026-11-22T10:30:00Z') // the 23rd on Kiritimati
    for (const nonce of ['1', '2', '3'])
      await east.postEntry({ ownerId: 'zone', operation: 'GAME_DAILY', nonce })
    await stopClockAt(sql, '2026-11-22T09:00:00Z')
    const refused = await east.postEntry({ ownerId: 'zone', operation: 'GAME_DAILY', nonce: '4' })
    expect(refused).toMatchObject({ error: { nextOn: new Date('2026-11-23T00:00:00Z') } })
  })

  test('names the owner, the operation and when the next one is possible', async () => {
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    for (const nonce of ['1', '2', '3']) await get('told', 'GAME_DAILY', nonce)
    const result = await ledger.postTransaction({
      nonce: 't',
      entries: [
        { ownerId: 'told', operation: 'DAILY_REWARD' },
        { ownerId: 'told', operation: 'GAME_DAILY' },
      ],
    })
    expect(result).toMatchObject({
      error: {
        code: 'LIMIT_REACHED',
        ownerId: 'told',
        operation: 'GAME_DAILY',
        entryIndex: 1,
        nextOn: new Date('2026-11-23T00:00:00Z'),
        message:
          'told has had GAME_DAILY as often as its limit allows; the next one is possible on 2026-11-23T00:00:00.000Z.',
      },
    })
    // A replay is not judged. Another owner and another operation have their own counts.
    expect(await get('told', 'GAME_DAILY', '3')).toMatchObject({ error: { code: 'DUPLICATE_NONCE' } })
    expect(await get('another', 'GAME_DAILY')).toMatchObject({ ok: true })
    expect(await get('told', 'GAME_HOURLY')).toMatchObject({ ok: true })
  })

  test('counts the entries of one transaction and of one batch, too', async () => {
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    const entry = { ownerId: 'together', operation: 'GAME_DAILY' } as const
    expect(await ledger.postTransaction({ nonce: 'four', entries: Array(4).fill(entry) })).toMatchObject({
      error: { code: 'LIMIT_REACHED', entryIndex: 3 },
    })
    const results = await ledger.postEntries(['1', '2', '3', '4', '5'].map((nonce) => ({ ...entry, nonce })))
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, false, false])
  })

  test('is exact for 30 at once, from three processes', async () => {
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        either(i).postEntry({ ownerId: 'rush', operation: 'GAME_DAILY', nonce: `n ${i}` }),
      ),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(3)
    expect((await ledger.balance('rush')).amount).toBe(3)
  })

  test('counts what was reversed or refunded, and does not count corrections', async () => {
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    const first = await get('back', 'GAME_DAILY')
    const second = await get('back', 'GAME_DAILY')
    if (!first.ok || !second.ok) throw new Error('not posted')
    await ledger.reverseTransaction({ id: first.entry.transactionId, nonce: 'r' })
    await ledger.refundEntry({ id: second.entry.id, amount: 1, nonce: 'f' })
    expect(await get('back', 'GAME_DAILY')).toMatchObject({ ok: true })
    expect(await get('back', 'GAME_DAILY')).toMatchObject({ error: { code: 'LIMIT_REACHED' } })
  })

  test('counts a hold when it is made, and not again when it is captured', async () => {
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    await ledger.postEntry({ ownerId: 'holder', operation: 'CREDIT_ADD', amount: 100, nonce: 'in' })
    const ticket = { ownerId: 'holder', operation: 'GAME_TICKET', amount: 5 } as const
    const hold = await ledger.holdCredits({ ...ticket, nonce: 'h', expiresIn: 200_000 })
    if (!hold.ok) throw hold.error
    expect(await ledger.captureHold({ id: hold.hold.id, nonce: 'c' })).toMatchObject({ ok: true })
    const released = await ledger.holdCredits({ ...ticket, nonce: 'h2', expiresIn: 60 })
    if (!released.ok) throw released.error
    await ledger.releaseHold(released.hold.id)
    const refused = { error: { code: 'LIMIT_REACHED', entryIndex: 0 } }
    expect(await ledger.postEntry({ ...ticket, nonce: '3' })).toMatchObject(refused)
    expect(await ledger.holdCredits({ ...ticket, nonce: '3', expiresIn: 60 })).toMatchObject(refused)
    // The next day: one hold, which is captured on the day after, when it no longer counts.
    await stopClockAt(sql, '2026-11-23T00:00:00Z')
    const next = await ledger.holdCredits({ ...ticket, nonce: '4', expiresIn: 200_000 })
    if (!next.ok) throw next.error
    await stopClockAt(sql, '2026-11-24T00:00:00Z')
    expect(await ledger.captureHold({ id: next.hold.id, nonce: '5' })).toMatchObject({ ok: true })
    expect(await ledger.postEntry({ ...ticket, nonce: '6' })).toMatchObject({ ok: true })
    expect(await ledger.postEntry({ ...ticket, nonce: '7' })).toMatchObject({ ok: true })
    expect(await ledger.postEntry({ ...ticket, nonce: '8' })).toMatchObject(refused)
  })

  test('that the app changes applies from the next posting on, without a migration', async () => {
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    for (const nonce of ['1', '2', '3']) await get('changed', 'GAME_DAILY', nonce)
    const wider = createLedger({
      app: 'games',
      pool,
      operations: defineOperations({ ...games, GAME_DAILY: { amount: 1, limit: { times: 4, per: 'day' } } }),
    })
    const more = (nonce: string) => wider.postEntry({ ownerId: 'changed', operation: 'GAME_DAILY', nonce })
    expect(await more('4')).toMatchObject({ ok: true })
    expect(await more('5')).toMatchObject({ error: { code: 'LIMIT_REACHED' } })
  })

  test("holds within the app's own transaction", async () => {
    await stopClockAt(sql, '2026-11-22T10:00:00Z')
    const posting = { ownerId: 'tx', operation: 'GAME_ONCE' } as const
    const rolledBack = prisma.$transaction(async (tx) => {
      await ledger.postEntry({ ...posting, nonce: '1' }, { tx })
      await ledger.postEntry({ ...posting, nonce: '2' }, { tx })
    })
    await expect(rolledBack).rejects.toMatchObject({ code: 'LIMIT_REACHED', nextOn: null })
    expect(await ledger.postEntry({ ...posting, nonce: '3' })).toMatchObject({ ok: true })
  })

  test('is judged by the later of the clock and the account, when the clock steps back', async () => {
    await stopClockAt(sql, '2026-11-23T00:00:00Z')
    for (const nonce of ['1', '2', '3']) await get('back in time', 'GAME_DAILY', nonce)
    await stopClockAt(sql, '2026-11-22T23:59:59Z')
    expect(await get('back in time', 'GAME_DAILY')).toMatchObject({
      error: { code: 'LIMIT_REACHED', nextOn: new Date('2026-11-24T00:00:00Z') },
    })
  })
})

describe('a definition', () => {
  test.each([
    null,
    5,
    'day',
    {},
    { times: 0, per: 'day' },
    { times: 1001, per: 'day' },
    { times: 1.5, per: 'day' },
    { times: 1 },
    { times: 1, per: 'year' },
    { times: '1', per: 'day' },
  ])('with the limit %j is refused', (limit) => {
    expect(() => defineOperations({ ...games, TIP: { amount: 1, limit } } as never)).toThrow(
      'TIP: a limit is { times, per } or { credits, per }: 1 to 1000 times, or from 1 credit on, per hour, day, week, month, lifetime.',
    )
  })

  test('may add a limit to a shared operation', () => {
    const limited = { ...games.DAILY_REWARD, limit: { times: 1, per: 'day' } } as const
    const operations = defineOperations({ ...games, DAILY_REWARD: limited })
    expect(operations.DAILY_REWARD.limit).toEqual({ times: 1, per: 'day' })
  })
})
