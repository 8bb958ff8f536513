import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { brokenBooks } from '../open-ledger.ts'
import { expectSoundLots, openLots } from './stage.ts'

const opened = await openLots()
const { ledger, moveClock, sql } = opened
afterAll(() => ledger.close())

const start = Date.UTC(2026, 10, 10)
const hour = 3_600_000
const day = 24 * hour
const amount = fc.integer({ min: 1, max: 9 })
const days = fc.integer({ min: 1, max: 12 })
const few = fc.integer({ min: 1, max: 4 })
const pick = fc.nat({ max: 30 })

/** What an owner does next. A pick is the nth newest entry, hold or lot. */
const deed = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('give' as const), amount, days }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('spend' as const), amount: few, revives: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reverse' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refund' as const), pick, amount: fc.constant(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hold' as const), amount: few, days }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('capture' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('void' as const), pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.integer({ min: 0, max: 144 }),
    }),
  },
)
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never

let runs = 0

test('at 50 random moments, what an owner had is what a replay from zero says', {
  timeout: 1_200_000,
}, async () => {
  const seed = Math.trunc(Math.random() * 2 ** 31)
  console.log(`seed ${seed}`)
  const property = fc.asyncProperty(
    fc.array(deed, { minLength: 30, maxLength: 60 }),
    fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 50, maxLength: 50 }),
    async (deeds, moments) => {
      runs += 1
      const owner = `owner ${runs}`
      let now = start
      await moveClock(new Date(now).toISOString())
      for (const [index, each] of deeds.entries()) {
        if (each.do === 'wait') now += each.hours * hour
        if (each.do === 'wait') await moveClock(new Date(now).toISOString())
        else await perform(each, { owner, nonce: `n ${index}` })
      }
      // Before anything posts what has expired since, and after it: an expiry has its own moment either way.
      const asked = [...moments.map((part) => start + Math.round((part / 100_000) * (now - start))), now]
      const before = await pastOf(owner, asked)
      await ledger.postEntry({ ownerId: owner, operation: 'BOUGHT', amount: 1, nonce: 'last' })
      const entries = await entriesOf(owner)
      const replayed = asked.map((moment) => replay(entries.slice(0, -1), moment))
      expect(before).toEqual(replayed)
      expect(await pastOf(owner, asked.slice(0, -1))).toEqual(
        asked.slice(0, -1).map((moment) => replay(entries, moment)),
      )
    },
  )
  await fc.assert(property, { seed, numRuns: 20 })
  const { rows } = await sql.query<{ operation: string; count: number }>(
    `SELECT operation, count(*)::int FROM ledger.entries GROUP BY operation ORDER BY operation`,
  )
  console.log(rows.map(({ operation, count }) => `${operation} ${count}`).join(', '))
  expect(rows.map(({ operation }) => operation)).toEqual(
    expect.arrayContaining(['CREDIT_EXPIRED', 'CREDIT_VOIDED', 'GIFT', 'REVIVED', 'SPENT']),
  )
  await expectSoundLots(opened)
  expect(await brokenBooks(sql)).toEqual([])
})

/** Carries a deed out. A refusal is fine. */
async function perform(deed: Deed, { owner, nonce }: { owner: string; nonce: string }): Promise<void> {
  const posting = { ownerId: owner, nonce }
  switch (deed.do) {
    case 'give': {
      const expiresOn = new Date((await nowOf()) + deed.days * day)
      await ledger.postEntry({ ...posting, operation: 'GIFT', amount: deed.amount, expiresOn })
      return
    }
    case 'spend': {
      const operation = deed.revives ? 'REVIVED' : 'SPENT'
      await ledger.postEntry({ ...posting, operation, amount: deed.amount })
      return
    }
    case 'hold': {
      const expiresIn = deed.days * 86_400
      await ledger.holdCredits({ ...posting, operation: 'SPENT', amount: deed.amount, expiresIn })
      return
    }
    case 'reverse': {
      const entry = nth(await entriesOf(owner), deed.pick)
      if (entry) await ledger.reverseTransaction({ id: entry.transactionId, nonce })
      return
    }
    case 'refund': {
      const entry = nth(await entriesOf(owner), deed.pick)
      if (entry) await ledger.refundEntry({ id: entry.id, amount: deed.amount, nonce })
      return
    }
    case 'capture':
    case 'release': {
      const hold = nth(await ledger.holds(owner), deed.pick)
      if (hold)
        await (deed.do === 'capture'
          ? ledger.captureHold({ id: hold.id, nonce })
          : ledger.releaseHold(hold.id))
      return
    }
    case 'void': {
      const lot = nth(await ledger.liveLots(owner), deed.pick)
      if (lot) await ledger.voidLot({ id: lot.id, nonce, metadata: { reason: 'test' } })
      return
    }
    case 'wait':
  }
}

async function nowOf(): Promise<number> {
  const { rows } = await sql.query<{ now: Date }>('SELECT ledger.now() AS now')
  return rows[0]?.now.getTime() ?? 0
}

async function entriesOf(ownerId: string) {
  const { edges } = await ledger.entries({ ownerId, first: 100 })
  return edges.map(({ node }) => node).reverse()
}

async function pastOf(ownerId: string, moments: readonly number[]): Promise<number[]> {
  const past = []
  for (const moment of moments) past.push((await ledger.balanceAt(ownerId, new Date(moment))).amount)
  return past
}

/** Adds all entries up to a moment. */
function replay(
  entries: readonly { readonly amount: number; readonly createdOn: Date }[],
  moment: number,
): number {
  const until = entries.filter(({ createdOn }) => createdOn.getTime() <= moment)
  return until.reduce((sum, { amount }) => sum + amount, 0)
}

function nth<Value>(values: readonly Value[], pick: number): Value | undefined {
  return values[pick % Math.max(values.length, 1)]
}
