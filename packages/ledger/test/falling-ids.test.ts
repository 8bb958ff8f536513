// The nodes of a cluster give ids out independently, so a later row may have a lower id. Here each posting has lower ids
// than the ones before it, and nothing may depend on their order.
import { beforeAll, expect, test } from 'vitest'
import { verifyLedger } from '../src/verify/verify.ts'
import { openGames, stopClockAt } from './open-ledger.ts'

const { ledger, sql } = await openGames()
const ada = { ownerId: 'ada' } as const

let next = 1_000_000

/** Runs one posting, whose ids are lower than all ids before it. */
async function lower<Result>(post: () => Promise<Result>): Promise<Result> {
  next -= 1000
  await sql.query(
    "SELECT setval('ledger.entries_id_seq', $1::bigint), setval('ledger.holds_id_seq', $1::bigint)",
    [next],
  )
  return post()
}

const ticket = (nonce: string) =>
  lower(() => ledger.holdCredits({ ...ada, operation: 'GAME_TICKET', amount: 5, nonce, expiresIn: 86_400 }))

beforeAll(async () => {
  await stopClockAt(sql, '2026-11-22T10:00:00Z')
  const added = await lower(() =>
    ledger.postEntry({ ...ada, operation: 'CREDIT_ADD', amount: 100, nonce: 'add' }),
  )
  const hold = await lower(() =>
    ledger.holdCredits({ ...ada, operation: 'CREDIT_SPEND', amount: 3, nonce: 'hold', expiresIn: 60 }),
  )
  const transfer = await lower(() => ledger.transfer({ from: 'ada', to: 'bob', amount: 10, nonce: 'pay' }))
  if (!added.ok || !hold.ok || !transfer.ok) throw new Error('not posted')
  const others = [
    await lower(() => ledger.captureHold({ id: hold.hold.id, nonce: 'capture' })),
    await lower(() => ledger.refundEntry({ id: added.entry.id, amount: 1, nonce: 'refund' })),
    await lower(() => ledger.reverseTransaction({ id: transfer.transaction.id, nonce: 'undo' })),
  ]
  expect(others.map(({ ok }) => ok)).toEqual([true, true, true])
})

test('entries come in the order of seq, page by page, in both directions and live', async () => {
  const { edges } = await ledger.entries({ ...ada, order: 'OLDEST_FIRST' })
  expect(edges.map(({ node }) => node.seq)).toEqual([1, 2, 3, 4, 5])
  const ids = edges.map(({ node }) => Number(node.id))
  expect(ids).toEqual(ids.toSorted((a, b) => b - a))

  for (const order of ['OLDEST_FIRST', 'NEWEST_FIRST'] as const) {
    const seqs: number[] = []
    let after: string | null = null
    do {
      const page = await ledger.entries({ ...ada, order, first: 2, after })
      seqs.push(...page.edges.map(({ node }) => node.seq))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after !== null)
    expect(seqs).toEqual(order === 'OLDEST_FIRST' ? [1, 2, 3, 4, 5] : [5, 4, 3, 2, 1])
  }

  const live = await ledger.postedEntries('ada', { after: edges[1]?.cursor })
  expect([(await live.next()).value?.entry.seq, (await live.next()).value?.entry.seq]).toEqual([3, 4])
  await live.return?.()
})

test('a limit counts the newest holds, and the newest are listed first', async () => {
  await stopClockAt(sql, '2026-11-22T11:00:00Z')
  expect([await ticket('1'), await ticket('2')]).toMatchObject([{ ok: true }, { ok: true }])
  expect(await ticket('3')).toMatchObject({ ok: false, error: { code: 'LIMIT_REACHED' } })
  await stopClockAt(sql, '2026-11-23T01:00:00Z')
  expect(await ticket('4')).toMatchObject({ ok: true })
  await stopClockAt(sql, '2026-11-23T02:00:00Z')
  expect(await ticket('5')).toMatchObject({ ok: true })
  expect(await ticket('6')).toMatchObject({ ok: false, error: { code: 'LIMIT_REACHED' } })
  const holds = await ledger.holds('ada')
  expect(holds.map(({ nonce }) => nonce).slice(0, 2)).toEqual(['5', '4'])
})

test('a transaction has its entries in the order in which they were posted', async () => {
  const entry = await ledger.entryByNonce('bob', 'pay')
  const transaction = await ledger.transaction(entry?.transactionId ?? '')
  expect(transaction?.entries.map(({ ownerId }) => ownerId)).toEqual(['ada', 'bob'])
})

test('verify finds nothing', async () => {
  expect((await verifyLedger(sql, { apps: ['games'] })).broken).toEqual([])
})
