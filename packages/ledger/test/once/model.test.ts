import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DuplicateNonceError, InsufficientBalanceError } from '../../src/index.ts'
import { replay } from '../model/seed.ts'
import { brokenBooks, openLedger } from '../open-ledger.ts'
import { waysOf } from '../transactions/ways.ts'
import { commitLosses, endConnectionOf } from './losses.ts'
import { type Mishaps, openShop, order } from './shop.ts'

const { ledger, pool, sql, database } = await openLedger()
const commits = commitLosses(pool)
await openShop(sql)
// Only these may lose a connection. A plain pool would end the process.
const { ours: ways } = waysOf({ pool, url: database.directUrl })

const credits = 7
const names = ['ada', 'bob']

const mishaps = [
  'none',
  'throws before it writes',
  'throws after it wrote',
  'a statement fails',
  'a failed statement is caught',
  'throws while it looks',
  'loses its connection once',
  'loses its answer',
  'meets a conflict once',
] as const
type Mishap = (typeof mishaps)[number]

interface Request {
  readonly owner: number
  readonly nonce: string
  readonly amount: number
  readonly body: string
  readonly way: number
  readonly mishap: Mishap
}

const requests: fc.Arbitrary<Request> = fc.record({
  owner: fc.nat(names.length - 1),
  nonce: fc.constantFrom('n1', 'n2', 'n3'),
  amount: fc.constantFrom(2, 3),
  body: fc.constantFrom('a book', 'a pen'),
  way: fc.nat(ways.length - 1),
  mishap: fc.oneof(
    { weight: 3, arbitrary: fc.constant('none' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...mishaps) },
  ),
})
/** Waves of requests. The requests of a wave are sent at once. */
const histories = fc.array(fc.array(requests, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 })

class Thrown extends Error {}

function mishapsOf(mishap: Mishap): Mishaps {
  let isFirst = true
  const once = async <Result>(run: () => Promise<Result>) => {
    if (!isFirst) return
    isFirst = false
    await run()
  }
  const fail = async () => {
    throw new Thrown(mishap)
  }
  switch (mishap) {
    case 'none':
      return {}
    case 'throws before it writes':
      return { beforeWrite: fail }
    case 'throws after it wrote':
      return { afterWrite: fail }
    case 'a statement fails':
      return {
        afterWrite: async ({ run }) => {
          await Promise.resolve(run('SELECT 1 / 0')).catch(fail)
        },
      }
    case 'a failed statement is caught':
      return {
        afterWrite: async ({ run }) => {
          await Promise.resolve(run('SELECT 1 / 0')).catch(() => {})
        },
      }
    case 'throws while it looks':
      return { beforeFind: fail }
    case 'loses its connection once':
      return { afterWrite: (tx) => once(() => endConnectionOf(tx, pool)) }
    case 'loses its answer':
      // It hits the transaction that commits next, whichever that is.
      return { afterWrite: () => once(async () => commits.loseNext()) }
    case 'meets a conflict once':
      return {
        afterWrite: () =>
          once(async () => {
            throw Object.assign(new Error('could not serialize access'), { code: '40001' })
          }),
      }
  }
}

/** The result of a request: done first, done before, or why not. */
type Outcome = 'done' | 'replayed' | 'another' | 'insufficient' | 'failed'

async function send(request: Request, ownerId: string): Promise<Outcome> {
  const { transactions } = ways[request.way] ?? expect.fail('there is no such way')
  const { amount, nonce, body, mishap } = request
  try {
    const result = await order(
      { ledger, pool, transactions },
      { ownerId, amount, nonce, body, key: null },
      mishapsOf(mishap),
    )
    expect(result).toMatchObject({ entry: { ownerId, nonce, amount: -amount }, row: { body } })
    return result.replayed ? 'replayed' : 'done'
  } catch (error) {
    if (error instanceof DuplicateNonceError) {
      expect(error.identical).toBe(false)
      return 'another'
    }
    if (error instanceof InsufficientBalanceError) return 'insufficient'
    const mayFail =
      error instanceof Thrown
        ? error.message
        : Object(error).code === 'TRANSACTION_ABORTED' && 'a failed statement is caught'
    expect(mayFail, String(error)).toBe(mishap)
    return 'failed'
  }
}

/** The result of an owner's postings: by nonce, the entry's amount and the row that it paid for. */
async function doneFor(ownerId: string) {
  const { rows } = await sql.query<{ nonce: string; amount: number; body: string | null; entries: number }>(
    `SELECT e.nonce, -e.amount::int AS amount, o.body, count(*) OVER (PARTITION BY e.nonce)::int AS entries
       FROM ledger.entries e LEFT JOIN app.orders o ON o.entry_id = e.id
      WHERE e.owner_id = $1 AND e.operation = 'CREDIT_SPEND'`,
    [ownerId],
  )
  return new Map(rows.map(({ nonce, ...done }) => [nonce, done]))
}

const timeout = 1_200_000

test('whatever fails in whatever order, each request is done once or not at all', { timeout }, async () => {
  let runs = 0
  const counts: Record<string, number> = {}
  const property = fc.asyncProperty(histories, async (waves) => {
    runs += 1
    const ownerOf = (owner: number) => `${names[owner]} ${runs}`
    for (const owner of names.keys()) {
      await ledger.postEntry({
        ownerId: ownerOf(owner),
        operation: 'CREDIT_ADD',
        amount: credits,
        nonce: 'in',
      })
    }
    const sent: { readonly request: Request; readonly outcome: Outcome }[] = []
    for (const wave of waves) {
      const outcomes = await Promise.all(wave.map((request) => send(request, ownerOf(request.owner))))
      sent.push(...wave.map((request, index) => ({ request, outcome: outcomes[index] ?? expect.fail() })))
    }
    for (const owner of names.keys()) {
      const done = await doneFor(ownerOf(owner))
      const left = credits - [...done.values()].reduce((sum, { amount }) => sum + amount, 0)
      expect(await ledger.balance(ownerOf(owner))).toMatchObject({ amount: left })
      expect(left).toBeGreaterThanOrEqual(0)
      for (const { body, entries } of done.values())
        expect({ body, entries }).toMatchObject({ body: expect.any(String), entries: 1 })
      for (const { request, outcome } of sent.filter(({ request }) => request.owner === owner)) {
        counts[outcome] = (counts[outcome] ?? 0) + 1
        const { amount, body, nonce } = request
        const winner = done.get(nonce)
        const isSame = winner?.amount === amount && winner.body === body
        if (outcome === 'done' || outcome === 'replayed') expect(winner).toMatchObject({ amount, body })
        if (outcome === 'another')
          expect({ isUsed: winner !== undefined, isSame }).toEqual({ isUsed: true, isSame: false })
        // Credits only decrease, so what was too much once is still too much.
        if (outcome === 'insufficient') expect(amount).toBeGreaterThan(left)
      }
      for (const nonce of done.keys()) {
        const told = sent.filter(({ request }) => request.owner === owner && request.nonce === nonce)
        const first = told.filter(({ outcome }) => outcome === 'done')
        expect(first.length).toBeLessThanOrEqual(1)
        // The request that did it was told so. After a lost answer it was told `replayed`, or got an error while it
        // looked.
        const knows = told.filter(
          ({ request: { mishap }, outcome }) =>
            outcome === 'done' ||
            outcome === 'replayed' ||
            (outcome === 'failed' && mishap === 'throws while it looks'),
        )
        expect(knows).not.toEqual([])
      }
    }
  })
  await fc.assert(property, replay({ numRuns: 40, timeout }))
  console.log(`${runs} histories: ${JSON.stringify(counts)}`)
  for (const outcome of ['done', 'replayed', 'another', 'insufficient', 'failed']) {
    expect(counts[outcome], outcome).toBeGreaterThan(0)
  }
  expect(await brokenBooks(sql)).toEqual([])
})
