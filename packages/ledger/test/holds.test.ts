import { describe, expect, test } from 'vitest'
import { createLedger, defineOperations, sharedOperations } from '../src/index.ts'
import { brokenBooks, games, openGames, stopClockAt } from './open-ledger.ts'

const { ledger, pool, prisma, sql, another, posted } = await openGames()
const processes = [ledger, another(games), another(games)]
const either = (index: number) => processes[index % processes.length]!

const add = (ownerId: string, amount: number) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount, nonce: crypto.randomUUID() })
const spend = (ownerId: string, amount: number, nonce: string = crypto.randomUUID()) =>
  ledger.postEntry({ ownerId, operation: 'CREDIT_SPEND', amount, nonce })
const holdOf = (ownerId: string, amount: number, nonce: string = crypto.randomUUID(), expiresIn = 60) =>
  ({ ownerId, operation: 'CREDIT_SPEND', amount, nonce, expiresIn }) as const
const hold = async (...args: Parameters<typeof holdOf>) => {
  const result = await ledger.holdCredits(holdOf(...args))
  if (!result.ok) throw result.error
  return result.hold
}
const start = '2026-11-22T10:00:00.000Z'

describe('a hold', () => {
  test('sets credits aside until it is captured', async () => {
    await add('a', 10)
    posted.length = 0
    const result = await ledger.holdCredits({ ...holdOf('a', 7, 'h', 90), metadata: { for: 'dinner' } })
    if (!result.ok) throw result.error
    expect(result.balance).toEqual({
      ownerId: 'a',
      book: 'games',
      amount: 10,
      overdraft: 0,
      held: 7,
      available: 3,
      state: 'OPEN',
    })
    expect(result.hold).toMatchObject({
      ownerId: 'a',
      book: 'games',
      operation: 'CREDIT_SPEND',
      amount: 7,
      nonce: 'h',
      metadata: { for: 'dinner' },
      status: 'HELD',
      capturedBy: null,
      releasedOn: null,
    })
    const { id, createdOn, expiresOn } = result.hold
    expect(expiresOn.getTime() - createdOn.getTime()).toBe(90_000)
    expect(await ledger.hold(id)).toEqual(result.hold)
    expect(await ledger.holds('a')).toEqual([result.hold])
    expect(await spend('a', 4)).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', message: 'The posting takes 4 credits, a has 3 available.' },
    })
    const captured = await ledger.captureHold({ id, nonce: 'c' })
    if (!captured.ok) throw captured.error
    expect(captured).toMatchObject({
      entry: { operation: 'CREDIT_SPEND', amount: -7, balanceAfter: 3, nonce: 'c', holdId: id },
      balance: { amount: 3, held: 0, available: 3 },
      hold: { status: 'CAPTURED', capturedBy: captured.entry.id, releasedOn: captured.entry.createdOn },
    })
    expect(await ledger.hold(id)).toEqual(captured.hold)
    expect(await ledger.holds('a')).toEqual([])
    expect(posted.map(({ amount, outcome }) => [amount, outcome])).toEqual([
      [-7, 'held'],
      [4, 'INSUFFICIENT_BALANCE'],
      [-7, 'posted'],
    ])
  })

  test('captured in part makes the rest available again', async () => {
    await add('part', 10)
    const { id } = await hold('part', 8)
    const refused = { error: { code: 'VALIDATION_ERROR', errors: [{ field: 'amount' }] } }
    expect(await ledger.captureHold({ id, amount: 9, nonce: 'c' })).toMatchObject(refused)
    expect(await ledger.captureHold({ id, amount: 3, nonce: 'c' })).toMatchObject({
      balance: { amount: 7, held: 0, available: 7 },
    })
    expect(await ledger.captureHold({ id, amount: 3, nonce: 'c' })).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true },
    })
    expect(await ledger.captureHold({ id, nonce: 'c' })).toMatchObject({ error: { identical: true } })
    expect(await ledger.captureHold({ id, amount: 4, nonce: 'c' })).toMatchObject({
      error: { identical: false },
    })
    expect(await ledger.captureHold({ id, amount: 1, nonce: 'c2' })).toMatchObject({
      error: { code: 'HOLD_CAPTURED', hold: { id, status: 'CAPTURED' } },
    })
    expect(await ledger.releaseHold(id)).toMatchObject({ error: { code: 'HOLD_CAPTURED', hold: { id } } })
  })

  test('released makes its credits available again, and can be released again', async () => {
    await add('rel', 10)
    const { id } = await hold('rel', 8)
    const released = await ledger.releaseHold(id)
    expect(released).toMatchObject({
      ok: true,
      hold: { status: 'RELEASED' },
      balance: { held: 0, available: 10 },
    })
    expect(await ledger.releaseHold(id)).toEqual(released)
    expect(await ledger.captureHold({ id, nonce: 'c' })).toMatchObject({
      error: { code: 'HOLD_RELEASED', hold: { id, status: 'RELEASED' } },
    })
  })

  test('is captured whatever else was spent, because its credits were set aside', async () => {
    await add('exact', 10)
    await ledger.setOverdraft({ ownerId: 'exact', limit: 5 })
    const { id } = await hold('exact', 12)
    await spend('exact', 3)
    expect(await ledger.balance('exact')).toMatchObject({ amount: 7, held: 12, available: 0 })
    expect(await ledger.captureHold({ id, nonce: 'c' })).toMatchObject({
      ok: true,
      balance: { amount: -5, available: 0 },
    })
  })

  test('expires by itself, with nothing running', async () => {
    await stopClockAt(sql, start)
    await add('exp', 10)
    const first = await hold('exp', 4, 'h1', 10)
    const second = await hold('exp', 5, 'h2', 20)
    await stopClockAt(sql, '2026-11-22T10:00:09.999Z')
    expect(await ledger.balance('exp')).toMatchObject({ held: 9, available: 1 })
    await stopClockAt(sql, '2026-11-22T10:00:10.000Z')
    expect(await ledger.balance('exp')).toMatchObject({ held: 5, available: 5 })
    expect(await ledger.accounts({ prefix: 'exp' })).toMatchObject({
      edges: [{ node: { balance: { held: 5, available: 5 } } }],
    })
    expect(await ledger.hold(first.id)).toMatchObject({ status: 'EXPIRED', releasedOn: null })
    expect(await ledger.holds('exp')).toEqual([second])
    expect(await spend('exp', 6)).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: { held: 5 } },
    })
    expect(await ledger.captureHold({ id: first.id, nonce: 'c' })).toMatchObject({
      error: { code: 'HOLD_EXPIRED', hold: { id: first.id, status: 'EXPIRED' } },
    })
    expect(await ledger.releaseHold(first.id)).toMatchObject({
      ok: true,
      hold: { status: 'EXPIRED' },
      balance: { held: 5, available: 5 },
    })
    expect(await spend('exp', 5)).toMatchObject({ ok: true, balance: { amount: 5, held: 5, available: 0 } })
    await stopClockAt(sql, '2026-11-22T10:00:20.000Z')
    expect(await spend('exp', 5)).toMatchObject({ ok: true, balance: { amount: 0, held: 0, available: 0 } })
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('released after it expired changes nothing, also when the clock steps back', async () => {
    await stopClockAt(sql, '2026-11-22T11:00:00.000Z')
    await add('step', 10)
    const { id } = await hold('step', 10, 'h', 10)
    await stopClockAt(sql, '2026-11-22T11:00:10.000Z')
    expect(await ledger.releaseHold(id)).toMatchObject({ hold: { status: 'EXPIRED' } })
    await stopClockAt(sql, '2026-11-22T11:00:09.000Z')
    expect(await ledger.captureHold({ id, nonce: 'c' })).toMatchObject({
      ok: true,
      balance: { amount: 0, held: 0 },
    })
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('shares the nonces of its owner with entries and captures', async () => {
    await stopClockAt(sql, '2026-11-22T12:00:00.000Z')
    await add('nonce', 10)
    await spend('nonce', 1, 'entry')
    expect(await ledger.holdCredits(holdOf('nonce', 1, 'entry'))).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: false, entry: { nonce: 'entry' } },
    })
    const first = await hold('nonce', 2, 'hold')
    const cases = [
      [holdOf('nonce', 2, 'hold'), true],
      [{ ...holdOf('nonce', 2, 'hold'), amount: undefined }, true],
      [holdOf('nonce', 3, 'hold'), false],
      [holdOf('nonce', 2, 'hold', 61), false],
      [{ ...holdOf('nonce', 2, 'hold'), metadata: { a: 'b' } }, false],
      [{ ...holdOf('nonce', 2, 'hold'), operation: 'GAME_TICKET' }, false],
    ] as const
    for (const [again, identical] of cases) {
      expect(await ledger.holdCredits(again)).toMatchObject({
        error: {
          code: 'DUPLICATE_NONCE',
          identical,
          name: 'DuplicateHoldError',
          hold: first,
          balance: { held: 2 },
        },
      })
    }
    for (const refused of [
      await spend('nonce', 2, 'hold'),
      await ledger.captureHold({ id: first.id, nonce: 'hold' }),
      await ledger.transfer({ from: 'nonce', to: 'other', amount: 1, nonce: 'hold' }),
    ]) {
      expect(refused).toMatchObject({
        error: { code: 'DUPLICATE_NONCE', identical: false, name: 'DuplicateHoldError', hold: first },
      })
    }
    await ledger.captureHold({ id: first.id, nonce: 'capture' })
    expect(await ledger.holdCredits(holdOf('nonce', 2, 'capture'))).toMatchObject({
      error: { identical: false, entry: { nonce: 'capture' } },
    })
    // The nonce's original is still the hold, in its present state.
    expect(await ledger.holdCredits(holdOf('nonce', 2, 'hold'))).toMatchObject({
      error: { identical: true, hold: { id: first.id, status: 'CAPTURED' } },
    })
  })

  test('leaves no account behind when it is refused', async () => {
    expect(await ledger.holdCredits(holdOf('poor', 1))).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE', balance: { ownerId: 'poor', amount: 0 } },
    })
    expect((await sql.query("SELECT FROM ledger.accounts WHERE owner_id = 'poor'")).rows).toEqual([])
  })

  test.each([
    ['operation', { operation: 'CREDIT_ADD' }],
    ['operation', { operation: 'GAME_VISIT', amount: undefined }],
    ['operation', { operation: 'NONE' }],
    ['amount', { amount: 0 }],
    ['amount', { amount: -1 }],
    ['amount', { operation: 'GAME_TICKET', amount: 101 }],
    ['amount', { operation: 'GAME_TICKET', amount: null }],
    ['expiresIn', { expiresIn: 0 }],
    ['expiresIn', { expiresIn: 31_536_001 }],
    ['expiresIn', { expiresIn: 1.5 }],
    ['expiresIn', { expiresIn: '60' }],
    ['expiresIn', { expiresIn: null }],
    ['ownerId', { ownerId: '' }],
    ['nonce', { nonce: undefined }],
    ['metadata', { metadata: [] }],
    ['dryRun', { dryRun: 'no' }],
  ])('with a bad %s is refused: %j', async (field, input) => {
    await add('bad', 10)
    const unchecked = { ...holdOf('bad', 1), ...input } as never
    expect(await ledger.holdCredits(unchecked)).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ field }] },
    })
    expect(await ledger.holds('bad')).toEqual([])
  })

  test.each([
    ['amount', { amount: 0 }],
    ['amount', { amount: 1.5 }],
    ['id', { id: 7 }],
    ['nonce', { nonce: '' }],
    ['metadata.a', { metadata: { a: 1 } }],
    ['dryRun', { dryRun: 0 }],
  ])('captured with a bad %s is refused: %j', async (field, input) => {
    const unchecked = { id: '1', nonce: 'n', ...input } as never
    expect(await ledger.captureHold(unchecked)).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ field }] },
    })
  })

  test.each(['0', '-1', 'x', '', '999999999999999999', '1e3'])('with the id %j is not found', async (id) => {
    const refused = { error: { code: 'HOLD_NOT_FOUND' } }
    expect(await ledger.captureHold({ id, nonce: 'n' })).toMatchObject(refused)
    expect(await ledger.releaseHold(id)).toMatchObject(refused)
    expect(await ledger.hold(id)).toBeNull()
  })

  test('of another app is not found', async () => {
    await add('mine', 5)
    const { id } = await hold('mine', 1)
    const content = createLedger({ app: 'content', operations: defineOperations(sharedOperations), pool })
    expect(await content.hold(id)).toBeNull()
    expect(await content.captureHold({ id, nonce: 'n' })).toMatchObject({ error: { code: 'HOLD_NOT_FOUND' } })
    expect(await content.releaseHold(id)).toMatchObject({ error: { code: 'HOLD_NOT_FOUND' } })
  })

  test('is named when its id in a release is invalid', async () => {
    expect(await ledger.releaseHold(5 as never)).toMatchObject({ error: { errors: [{ field: 'id' }] } })
    await expect(ledger.hold(5 as never)).rejects.toMatchObject({ errors: [{ field: 'id' }] })
  })
})

describe('at once, from three processes', () => {
  test('30 holds of 1 from a balance of 10: 10 are held', async () => {
    await add('rush', 10)
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) => either(i).holdCredits(holdOf('rush', 1, `h ${i}`))),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(10)
    expect(await ledger.balance('rush')).toMatchObject({ amount: 10, held: 10, available: 0 })
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('holds and spends together never take more than there is', async () => {
    await add('both', 20)
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        i % 2
          ? either(i).holdCredits(holdOf('both', 1, `h ${i}`))
          : either(i).postEntry({ ownerId: 'both', operation: 'CREDIT_SPEND', amount: 1, nonce: `s ${i}` }),
      ),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(20)
    expect(await ledger.balance('both')).toMatchObject({ available: 0 })
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('20 captures and releases of one hold: one of them ends it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const ownerId = `end ${round}`
      await add(ownerId, 5)
      const { id } = await hold(ownerId, 5)
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const result = await (i % 2
            ? either(i).captureHold({ id, nonce: `c ${i}` })
            : either(i).releaseHold(id))
          return result.ok ? ('entry' in result ? 'captured' : 'released') : result.error.code
        }),
      )
      const seen = new Set(outcomes)
      if (seen.has('captured')) {
        expect(outcomes.filter((outcome) => outcome === 'captured')).toHaveLength(1)
        expect(seen).toEqual(new Set(['captured', 'HOLD_CAPTURED']))
      } else {
        expect(seen).toEqual(new Set(['released', 'HOLD_RELEASED']))
      }
    }
    expect(await brokenBooks(sql)).toEqual([])
  })

  test('one hold 20 times with one nonce: one hold, 19 replays', async () => {
    await add('same', 50)
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => either(i).holdCredits(holdOf('same', 5, 'n'))),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    for (const result of results) if (!result.ok) expect(result.error).toMatchObject({ identical: true })
    expect(await ledger.balance('same')).toMatchObject({ held: 5 })
  })

  test('an entry and a hold with one nonce: one of them', async () => {
    await add('either', 100)
    for (let round = 0; round < 10; round += 1) {
      const nonce = `n ${round}`
      const [held, spent] = await Promise.all([
        either(round).holdCredits(holdOf('either', 1, nonce)),
        either(round + 1).postEntry({ ownerId: 'either', operation: 'CREDIT_SPEND', amount: 1, nonce }),
      ])
      expect(Number(held.ok) + Number(spent.ok)).toBe(1)
    }
    expect(await brokenBooks(sql)).toEqual([])
  })
})

describe("in the app's own transaction", () => {
  test('a hold, its capture and its release commit with it', async () => {
    await add('tx', 10)
    const rolledBack = prisma.$transaction(async (tx) => {
      const held = await ledger.holdCredits(holdOf('tx', 6, 'h'), { tx })
      await expect(ledger.holdCredits(holdOf('tx', 6, 'h2'), { tx })).rejects.toMatchObject({
        code: 'INSUFFICIENT_BALANCE',
      })
      const captured = await ledger.captureHold({ id: held.hold.id, amount: 2, nonce: 'c' }, { tx })
      expect(captured.balance).toMatchObject({ amount: 8, held: 0 })
      await ledger.releaseHold(held.hold.id, { tx })
    })
    await expect(rolledBack).rejects.toMatchObject({ code: 'HOLD_CAPTURED' })
    expect(await ledger.balance('tx')).toMatchObject({ amount: 10, held: 0 })
    const kept = await prisma.$transaction((tx) => ledger.holdCredits(holdOf('tx', 6, 'h'), { tx }))
    expect(await ledger.hold(kept.hold.id)).toEqual(kept.hold)
  })
})

describe('an operation that the database does not declare', () => {
  test('is not held, because its capture could not be posted', async () => {
    const newer = another(
      defineOperations({ ...games, GAME_NEW: { amount: { min: -5, max: -1, default: -1 } } }),
    )
    await add('newer', 5)
    const posting = { ownerId: 'newer', operation: 'GAME_NEW', nonce: 'n' } as const
    await expect(newer.holdCredits({ ...posting, expiresIn: 60 })).rejects.toMatchObject({
      code: 'SERVER_OUTDATED',
    })
    expect(await ledger.balance('newer')).toMatchObject({ held: 0, available: 5 })
    await sql.query('SELECT ledger.set_operations($1, $2)', ['games', [...Object.keys(games), 'GAME_NEW']])
    expect(await newer.holdCredits({ ...posting, expiresIn: 60 })).toMatchObject({ ok: true })
    await expect(
      sql.query('SELECT ledger.set_operations($1, $2)', ['games', Object.keys(games)]),
    ).rejects.toThrow('has entries, holds or lots of the operations that the list drops: GAME_NEW')
  })

  test('is not dropped while a hold of it is being made', async () => {
    const rule = { amount: { min: -5, max: -1, default: -1 } }
    const late = createLedger({
      app: 'games',
      operations: defineOperations({ ...games, GAME_LATE: rule }),
      pool,
    })
    const declare = (operations: readonly string[]) =>
      sql.query('SELECT ledger.set_operations($1, $2)', ['games', [...Object.keys(games), ...operations]])
    await add('late', 5)
    await declare(['GAME_NEW', 'GAME_LATE'])
    const dropping: Promise<unknown>[] = []
    await prisma.$transaction(async (tx) => {
      const posting = { ownerId: 'late', operation: 'GAME_LATE', nonce: 'n', expiresIn: 60 } as const
      await late.holdCredits(posting, { tx })
      dropping.push(declare(['GAME_NEW']).catch((error: Error) => error.message))
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
      await expect.poll(async () => (await pool.query(waiting)).rowCount).toBe(1)
    })
    expect(await dropping[0]).toBe(
      'app games has entries, holds or lots of the operations that the list drops: GAME_LATE',
    )
  })
})
