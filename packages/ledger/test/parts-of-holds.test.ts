// Holds that are captured in several parts, and prolonged.
import { afterEach, describe, expect, test } from 'vitest'
import type { LedgerResult } from '../src/index.ts'
import { brokenBooks, games, openGames, stopClockAt } from './open-ledger.ts'

const { ledger, prisma, sql, another } = await openGames()
const processes = [ledger, another(games), another(games)]
const either = (index: number) => processes[index % processes.length]!
const start = '2026-11-22T10:00:00.000Z'
const after = (seconds: number) => new Date(Date.parse(start) + seconds * 1000)

afterEach(async () => {
  expect(await brokenBooks(sql)).toEqual([])
})

function done<Posted>(result: LedgerResult<Posted>): Posted {
  if (!result.ok) throw result.error
  return result
}

/** Gives an owner credits and holds some of them for a minute. */
async function hold(ownerId: string, amount: number, credits = amount) {
  await stopClockAt(sql, start)
  done(await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', amount: credits, nonce: 'credits' }))
  const input = { ownerId, operation: 'CREDIT_SPEND', amount, nonce: 'hold', expiresIn: 60 } as const
  return { input, ...done(await ledger.holdCredits(input)).hold }
}

describe('a hold that is captured in parts', () => {
  test('keeps the rest until a capture does not', async () => {
    const { id } = await hold('ann', 7, 10)
    const first = done(await ledger.captureHold({ id, amount: 2, keepRest: true, nonce: 'first' }))
    expect(first).toMatchObject({
      entry: { amount: -2, balanceAfter: 8, holdId: id },
      hold: { status: 'HELD', amount: 7, captured: 2, capturedBy: null, releasedOn: null },
      balance: { amount: 8, held: 5, available: 3 },
    })
    expect(await ledger.hold(id)).toEqual(first.hold)
    expect(await ledger.balance('ann')).toEqual(first.balance)
    expect(await ledger.accounts({ prefix: 'ann' })).toMatchObject({
      edges: [{ node: { balance: { held: 5 } } }],
    })
    const last = done(await ledger.captureHold({ id, amount: 1, nonce: 'last' }))
    expect(last).toMatchObject({
      hold: { status: 'CAPTURED', captured: 3, capturedBy: last.entry.id, releasedOn: last.entry.createdOn },
      balance: { amount: 7, held: 0, available: 7 },
    })
    expect(await ledger.captures('ann', id)).toEqual([first.entry, last.entry])
    expect(await ledger.captureHold({ id, amount: 1, nonce: 'more' })).toMatchObject({
      error: { code: 'HOLD_CAPTURED', hold: last.hold },
    })
  })

  test('ends with the capture of its last credit, whatever that one keeps', async () => {
    const { id } = await hold('bob', 4)
    done(await ledger.captureHold({ id, amount: 3, keepRest: true, nonce: 'some' }))
    const last = done(await ledger.captureHold({ id, keepRest: true, nonce: 'the rest' }))
    expect(last).toMatchObject({
      entry: { amount: -1, balanceAfter: 0 },
      hold: { status: 'CAPTURED', captured: 4, capturedBy: last.entry.id },
      balance: { amount: 0, held: 0 },
    })
  })

  test('gives no more than it keeps', async () => {
    const { id } = await hold('cy', 4, 10)
    done(await ledger.captureHold({ id, amount: 3, keepRest: true, nonce: 'some' }))
    expect(await ledger.captureHold({ id, amount: 2, nonce: 'too much' })).toMatchObject({
      error: { errors: [{ field: 'amount', message: 'must be from 1 to 1 credit, which the hold keeps' }] },
    })
    expect(await ledger.balance('cy')).toMatchObject({ amount: 7, held: 1 })
  })

  test('released or expired, keeps what was captured', async () => {
    const released = await hold('dee', 5)
    done(await ledger.captureHold({ id: released.id, amount: 2, keepRest: true, nonce: 'some' }))
    expect(done(await ledger.releaseHold(released.id))).toMatchObject({
      hold: { status: 'RELEASED', captured: 2, capturedBy: null },
      balance: { amount: 3, held: 0 },
    })
    const expired = await hold('eve', 5)
    done(await ledger.captureHold({ id: expired.id, amount: 2, keepRest: true, nonce: 'some' }))
    await stopClockAt(sql, after(60).toISOString())
    expect(await ledger.hold(expired.id)).toMatchObject({ status: 'EXPIRED', captured: 2, capturedBy: null })
    expect(await ledger.balance('eve')).toMatchObject({ amount: 3, held: 0, available: 3 })
    expect(await ledger.captures('eve', expired.id)).toMatchObject([{ nonce: 'some' }])
  })

  test('a capture that is sent again is identical if it left the hold as it was left', async () => {
    const { id } = await hold('fay', 9)
    const part = { id, amount: 2, keepRest: true, nonce: 'part' }
    done(await ledger.captureHold(part))
    const end = { id, amount: 3, nonce: 'end' }
    const identical = async (input: typeof end & { keepRest?: boolean }) => {
      const result = await ledger.captureHold(input)
      return !result.ok && 'identical' in result.error && result.error.identical
    }
    expect(await identical(part)).toBe(true)
    expect(await identical({ ...part, keepRest: false })).toBe(false)
    expect(await identical({ ...part, amount: 3 })).toBe(false)
    done(await ledger.captureHold(end))
    expect(await identical(end)).toBe(true)
    expect(await identical({ ...end, keepRest: true })).toBe(false)
    expect(await identical(part)).toBe(true)
  })

  test('a part can be refunded and reversed, and the hold goes on', async () => {
    const { id } = await hold('gus', 6)
    const { entry } = done(await ledger.captureHold({ id, amount: 4, keepRest: true, nonce: 'part' }))
    done(await ledger.refundEntry({ id: entry.id, amount: 1, nonce: 'refund' }))
    expect(await ledger.balance('gus')).toMatchObject({ amount: 3, held: 2, available: 1 })
    expect(done(await ledger.captureHold({ id, nonce: 'rest' }))).toMatchObject({
      balance: { amount: 1, held: 0 },
    })
  })

  test('a dry run says how the hold would be left, and writes nothing', async () => {
    const { id } = await hold('hal', 6)
    const tried = done(
      await ledger.captureHold({ id, amount: 4, keepRest: true, nonce: 'part', dryRun: true }),
    )
    expect(tried).toMatchObject({ hold: { status: 'HELD', captured: 4 }, balance: { amount: 2, held: 2 } })
    expect(await ledger.hold(id)).toMatchObject({ captured: 0 })
    expect(await ledger.captures('hal', id)).toEqual([])
  })

  test('its limit counts it once, with all of its credits', async () => {
    const { id } = await hold('ivy', 6)
    done(await ledger.captureHold({ id, amount: 1, keepRest: true, nonce: '1' }))
    done(await ledger.captureHold({ id, amount: 1, keepRest: true, nonce: '2' }))
    expect(await ledger.entries({ ownerId: 'ivy' })).toMatchObject({ edges: { length: 3 } })
    expect(await ledger.holds('ivy')).toMatchObject([{ id, captured: 2 }])
  })

  test('30 captures of 1 at once from three processes: as many as it has, whatever they keep', async () => {
    const { id } = await hold('jo', 10, 100)
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        either(n).captureHold({ id, amount: 1, keepRest: true, nonce: `part ${n}` }),
      ),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(10)
    const refused = results.flatMap((result) => (result.ok ? [] : [result.error.code]))
    expect(new Set(refused)).toEqual(new Set(['HOLD_CAPTURED']))
    expect(await ledger.balance('jo')).toMatchObject({ amount: 90, held: 0 })
    expect(await ledger.captures('jo', id)).toHaveLength(10)
  })

  test('the rest is taken once by captures of all at once', async () => {
    const { id } = await hold('kim', 10)
    done(await ledger.captureHold({ id, amount: 3, keepRest: true, nonce: 'part' }))
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, n) => either(n).captureHold({ id, nonce: `rest ${n}` })),
    )
    const posted = results.flatMap((result) => (result.ok ? [result.entry.amount] : []))
    expect(posted).toEqual([-7])
  })
})

describe('a prolonged hold', () => {
  test('expires at the later moment', async () => {
    const { id, expiresOn } = await hold('lea', 5)
    const prolonged = done(await ledger.prolongHold({ id, expiresOn: after(3600) }))
    expect(prolonged).toMatchObject({
      hold: { id, status: 'HELD', expiresOn: after(3600) },
      balance: { amount: 5, held: 5 },
    })
    await stopClockAt(sql, expiresOn.toISOString())
    expect(await ledger.balance('lea')).toMatchObject({ held: 5, available: 0 })
    await stopClockAt(sql, after(3600).toISOString())
    expect(await ledger.balance('lea')).toMatchObject({ held: 0, available: 5 })
    expect(await ledger.prolongHold({ id, expiresOn: after(7200) })).toMatchObject({
      error: { code: 'HOLD_EXPIRED', hold: { status: 'EXPIRED' } },
    })
  })

  test('is never shortened, so that a call can be sent again', async () => {
    const { id } = await hold('max', 5)
    const later = { id, expiresOn: after(600) }
    const first = done(await ledger.prolongHold(later))
    expect(done(await ledger.prolongHold(later))).toEqual(first)
    expect(done(await ledger.prolongHold({ id, expiresOn: after(30) }))).toEqual(first)
    const moments = [700, 900, 800, 650]
    await Promise.all(moments.map((seconds, n) => either(n).prolongHold({ id, expiresOn: after(seconds) })))
    expect(await ledger.hold(id)).toMatchObject({ expiresOn: after(900) })
  })

  test('lasts 365 days at most', async () => {
    const { id } = await hold('nat', 5)
    const longest = 365 * 86_400
    expect(await ledger.prolongHold({ id, expiresOn: new Date(after(longest).getTime() + 1) })).toMatchObject(
      {
        error: {
          errors: [
            {
              field: 'expiresOn',
              message: 'must not be later than 2027-11-22T10:00:00.000Z, 365 days after the hold was made',
            },
          ],
        },
      },
    )
    done(await ledger.prolongHold({ id, expiresOn: after(longest) }))
  })

  test('is still what its nonce stands for', async () => {
    const { id, input } = await hold('oda', 5)
    done(await ledger.prolongHold({ id, expiresOn: after(600) }))
    done(await ledger.prolongHold({ id, expiresOn: after(900) }))
    expect(await ledger.holdCredits(input)).toMatchObject({
      error: { code: 'DUPLICATE_NONCE', identical: true, hold: { id, expiresOn: after(900) } },
    })
    expect(await ledger.holdCredits({ ...input, expiresIn: 900 })).toMatchObject({
      error: { identical: false },
    })
  })

  test('that has ended is refused', async () => {
    const captured = await hold('pia', 5)
    done(await ledger.captureHold({ id: captured.id, nonce: 'c' }))
    const released = await hold('quin', 5)
    done(await ledger.releaseHold(released.id))
    const prolong = ({ id }: { id: string }) => ledger.prolongHold({ id, expiresOn: after(600) })
    expect(await prolong(captured)).toMatchObject({ error: { code: 'HOLD_CAPTURED' } })
    expect(await prolong(released)).toMatchObject({ error: { code: 'HOLD_RELEASED' } })
    for (const id of ['0', 'x', '999999999999999999']) {
      expect(await prolong({ id })).toMatchObject({ error: { code: 'HOLD_NOT_FOUND' } })
    }
  })

  test.each([
    ['id', { id: 7 }],
    ['expiresOn', { expiresOn: '2026-12-24' }],
    ['expiresOn', { expiresOn: new Date(Number.NaN) }],
    ['expiresOn', { expiresOn: undefined }],
  ])('with a bad %s is refused: %j', async (field, input) => {
    const unchecked = { id: '1', expiresOn: after(600), ...input } as never
    expect(await ledger.prolongHold(unchecked)).toMatchObject({
      error: { code: 'VALIDATION_ERROR', errors: [{ field }] },
    })
  })

  test('commits with the transaction that prolongs it', async () => {
    const { id } = await hold('rob', 5)
    const rolledBack = prisma.$transaction(async (tx) => {
      await ledger.captureHold({ id, amount: 2, keepRest: true, nonce: 'part' }, { tx })
      const prolonged = await ledger.prolongHold({ id, expiresOn: after(600) }, { tx })
      expect(prolonged.hold).toMatchObject({ captured: 2, expiresOn: after(600) })
      throw new Error('no')
    })
    await expect(rolledBack).rejects.toThrow('no')
    expect(await ledger.hold(id)).toMatchObject({ captured: 0, expiresOn: after(60) })
    await prisma.$transaction((tx) => ledger.prolongHold({ id, expiresOn: after(600) }, { tx }))
    expect(await ledger.hold(id)).toMatchObject({ expiresOn: after(600) })
  })
})
