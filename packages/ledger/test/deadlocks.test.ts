// Heavy traffic from several processes. Each uses its own order of accounts. open-ledger.ts checks at the end that
// PostgreSQL has seen no deadlock.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EntryInput } from '../src/index.ts'
import { verifyLedger } from '../src/verify/verify.ts'
import { replay } from './model/seed.ts'
import { games, openGames } from './open-ledger.ts'

const { ledger, another, prisma, sql } = await openGames()
const processes = [ledger, another(games), another(games)]

const owners = Array.from({ length: 24 }, (_, n) => `owner ${String(n).padStart(2, '0')}`)
const orders = [(ids: string[]) => ids, (ids: string[]) => ids.toReversed(), swapped]

/** Returns the ids with the last half first. */
function swapped(ids: string[]): string[] {
  const middle = ids.length >> 1
  return [...ids.slice(middle), ...ids.slice(0, middle)]
}

const entriesOf = (ownerIds: readonly string[]): EntryInput<'CREDIT_ADD'>[] =>
  ownerIds.map((ownerId) => ({ ownerId, operation: 'CREDIT_ADD', amount: 3 }))

/** Runs the commands of one client. Owners are named in its process's order. */
async function traffic(client: number, rounds: readonly string[][]): Promise<string[]> {
  const own = processes[client % processes.length]!
  const codes: string[] = []
  const note = (result: { ok: true } | { ok: false; error: { code: string } }) =>
    codes.push(result.ok ? 'ok' : result.error.code)
  for (const [round, ids] of rounds.entries()) {
    const some = orders[client % orders.length]!(ids)
    const [from = '', to = ''] = some
    const nonce = (what: string) => `${client} ${round} ${what}`
    const posted = await own.postTransaction({ nonce: nonce('all'), entries: entriesOf(some) })
    note(posted)
    note(await own.transfer({ from, to, amount: 1, nonce: nonce('transfer') }))
    const spend = { ownerId: to, operation: 'CREDIT_SPEND', amount: 1 } as const
    const held = await own.holdCredits({ ...spend, nonce: nonce('hold'), expiresIn: 600 })
    note(held)
    await Promise.all([
      held.ok && own.captureHold({ id: held.hold.id, nonce: nonce('capture') }).then(note),
      posted.ok && own.reverseTransaction({ id: posted.transaction.id, nonce: nonce('reverse') }).then(note),
      own.setOverdraft({ ownerId: from, limit: 1_000_000 }).then(note),
      own.postEntries(some.map((ownerId) => ({ ...spend, ownerId, nonce: nonce('list') }))),
      // The app's own transaction posts for several owners in one call.
      prisma.$transaction(
        (tx) => own.postTransaction({ nonce: nonce('tx'), entries: entriesOf(some) }, { tx }),
        { maxWait: 60_000, timeout: 60_000 },
      ),
    ])
  }
  return codes
}

test('postings, transfers, holds, reversals, lists and app transactions in opposite orders of accounts', async () => {
  const rounds = fc.array(fc.shuffledSubarray(owners, { minLength: 2, maxLength: 12 }), {
    minLength: 10,
    maxLength: 10,
  })
  const clients = fc.sample(rounds, replay({ numRuns: 12, timeout: 300_000 }))
  const codes = (await Promise.all(clients.map((each, client) => traffic(client, each)))).flat()
  expect(codes.filter((code) => code === 'ok').length).toBeGreaterThan(codes.length / 2)
  expect((await verifyLedger(sql)).broken).toEqual([])
})
