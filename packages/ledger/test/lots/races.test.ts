import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerBalance, LedgerResult } from '../../src/index.ts'
import { brokenBooks } from '../open-ledger.ts'
import { expectSoundLots, openLots, operations } from './stage.ts'

const opened = await openLots()
const { ledger, another, database, pool, sql } = opened
const other = another(operations)
const processes = [ledger, other] as const
afterAll(() => Promise.all([ledger.close(), other.close()]))

/** How many owners race across the moment at which their credits expire. */
const races = 1000
/** How many of them race at once. */
const crowd = 20

const start = Date.UTC(2026, 10, 10)
const day = 86_400_000
const [paid, promotional] = [6, 9]

// A clock in a table moves while requests are under way, and no plan depends on it.
beforeAll(async () => {
  await database.onEachNode(`
    CREATE TABLE public.clock (now timestamptz);
    INSERT INTO public.clock VALUES ('2026-11-10T00:00Z');
    GRANT SELECT ON public.clock TO PUBLIC;
    CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN (SELECT now FROM public.clock)`)
})

const setClock = (moment: string) =>
  database.onEachNode('UPDATE public.clock SET now = $1::timestamptz', [moment])

/** Microseconds from the instant to the moment that the clock moves to. */
const lateness = fc.constantFrom(0, 1, 999, 1000, 1_000_000)
const turns = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 })
const round = fc.record({ lateness, turns: fc.array(turns, { minLength: crowd, maxLength: crowd }) })

test(`${races} times, spends, refunds, captures and reads across an expiry keep to the lots`, {
  timeout: 1_200_000,
}, async () => {
  const seed = Math.trunc(Math.random() * 2 ** 31)
  console.log(`seed ${seed}`)
  const told = { before: 0, after: 0, expired: 0 }
  let rounds = 0
  const property = fc.asyncProperty(round, async ({ lateness, turns }) => {
    rounds += 1
    const instant = start + rounds * day
    await setClock(new Date(instant - 2000).toISOString())
    const names = turns.map((_, n) => `${rounds}.${n}`)
    const racers = await Promise.all(names.map((name) => prepare(name, instant)))
    await setClock(new Date(instant - 1).toISOString())
    let hasPassed = false
    const moved = (async () => {
      await wait(2)
      const late = new Date(instant + Math.floor(lateness / 1000)).toISOString().replace('Z', '')
      await setClock(`${late}${String(lateness % 1000).padStart(3, '0')}Z`)
      hasPassed = true
    })()
    await Promise.all(
      racers.map((racer, n) => race(racer, { turns: turns[n] ?? [], hasPassed: () => hasPassed })),
    )
    await moved
    await Promise.all(racers.map(({ name }) => expectAllSettled(name)))
    const { rows } = await sql.query<{ before: number; after: number; expired: number }>(used, [
      names,
      new Date(instant),
    ])
    told.before += rows[0]?.before ?? 0
    told.after += rows[0]?.after ?? 0
    told.expired += rows[0]?.expired ?? 0
  })
  await fc.assert(property, { seed, numRuns: races / crowd, endOnFailure: true })
  console.log(
    `${told.before} spends before the instant, ${told.after} after it; ${told.expired} credits expired`,
  )

  expect((await sql.query(wrong)).rows).toEqual([])
  await expectSoundLots(opened)
  expect(await brokenBooks(sql)).toEqual([])
})

type Racer = Awaited<ReturnType<typeof prepare>>

/** Gives an owner paid credits, and promotional ones that expire at an instant. Some of these are spent, and some held. */
async function prepare(name: string, instant: number) {
  const post = async (operation: 'BOUGHT' | 'PROMO' | 'SPENT', amount: number, expiresOn?: Date) => {
    const posting = { ownerId: name, operation, amount, nonce: `${operation} first` }
    return posted(await ledger.postEntry({ ...posting, ...(expiresOn && { expiresOn }) })).entry
  }
  await post('BOUGHT', paid)
  await post('PROMO', promotional, new Date(instant))
  const spent = await post('SPENT', 2)
  const kept = { ownerId: name, operation: 'SPENT', amount: 3, expiresIn: 600, nonce: 'hold' } as const
  return { name, spent, hold: posted(await ledger.holdCredits(kept)).hold }
}

/** Sends an owner's requests by both processes, each in its turn. */
async function race(
  { name, spent, hold }: Racer,
  { turns, hasPassed }: { turns: readonly number[]; hasPassed: () => boolean },
): Promise<void> {
  const spend = (nonce: string, amount: number) => (at: number) =>
    of(at).postEntry({ ownerId: name, operation: 'SPENT', amount, nonce })
  const refund = (nonce: string) => (at: number) => of(at).refundEntry({ id: spent.id, amount: 1, nonce })
  const read = async (at: number) => {
    const isLate = hasPassed()
    const balance = await of(at).balance(name)
    expectCredible(balance, isLate)
  }
  const requests = [
    spend('SPENT 1', 1),
    spend('SPENT 2', 2),
    refund('refund 1'),
    (at: number) => of(at).captureHold({ id: hold.id, amount: 2, nonce: 'capture' }),
    spend('SPENT 3', 3),
    refund('refund 2'),
    read,
    spend('SPENT 4', 4),
  ]
  await Promise.all(
    requests.map(async (request, n) => {
      await wait(turns[n] ?? 0)
      const result = await request(n)
      if (!result || result.ok) return
      expect(result.error.code).toBe('INSUFFICIENT_BALANCE')
    }),
  )
  await read(0)
}

const of = (at: number) => processes[at % 2] ?? ledger

/** Waits for some round trips to the database. */
async function wait(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await pool.query('SELECT')
}

/** Nothing is there twice. After the instant, there are paid credits, and the promotional ones that the hold keeps. */
function expectCredible({ amount, held, available }: LedgerBalance, isLate: boolean): void {
  expect(available).toBe(amount - held)
  expect(available).toBeGreaterThanOrEqual(0)
  expect(amount).toBeLessThanOrEqual(isLate ? paid + 3 : paid + promotional)
}

/** A posting of 0 credits settles what has expired. Then nothing is to be subtracted from the balance that is stored. */
async function expectAllSettled(name: string): Promise<void> {
  posted(await ledger.postEntry({ ownerId: name, operation: 'BOUGHT', amount: 1, nonce: 'last' }))
  const { rows } = await pool.query<{ balance: number }>(
    'SELECT balance::int FROM ledger.accounts WHERE owner_id = $1',
    [name],
  )
  const { amount } = await other.balance(name)
  expect(rows).toEqual([{ balance: amount }])
}

function posted<Posted>(result: LedgerResult<Posted>): Posted {
  if (!result.ok) throw result.error
  return result
}

/** How many spends came before the instant, how many after it, and how much expired. */
const used = `
  SELECT count(*) FILTER (WHERE nonce LIKE 'SPENT _' AND created_on < $2)::int AS before,
         count(*) FILTER (WHERE nonce LIKE 'SPENT _' AND created_on >= $2)::int AS after,
         -coalesce(sum(amount) FILTER (WHERE operation = 'CREDIT_EXPIRED'), 0)::int AS expired
    FROM ledger.entries WHERE owner_id = ANY ($1)`

/** What must not be: credits spent after they have expired, an expiry of paid credits or of too early a moment. */
const wrong = `
  SELECT e.owner_id, e.operation, e.amount, e.created_on, l.kind, l.expires_on
    FROM ledger.entries e
    JOIN ledger.lot_uses u ON (u.book, u.owner_id, u.entry_id) = (e.book, e.owner_id, e.id)
    JOIN ledger.lots l ON (l.book, l.owner_id, l.id) = (u.book, u.owner_id, u.lot_id)
   WHERE e.operation = 'SPENT' AND u.amount < 0 AND e.hold_id IS NULL AND e.created_on >= l.expires_on
      OR e.operation = 'CREDIT_EXPIRED' AND (l.kind = 'paid' OR e.created_on < l.expires_on)
  UNION ALL
  SELECT owner_id, 'left', rest, NULL, kind, expires_on
    FROM ledger.lots WHERE rest < 0 OR expires_on <= ledger.now() AND rest > 0`
