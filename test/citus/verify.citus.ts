// npx shared-ledger verify on a cluster: what it asks each shard, and that it finds nothing wrong while its owners post.
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { questions } from '../../packages/ledger/src/verify/questions.ts'
import { verifyLedger } from '../../packages/ledger/src/verify/verify.ts'
import { openGames } from '../../packages/ledger/test/open-ledger.ts'

const { database, ledger, sql } = await openGames()
const runs = Number(process.env.VERIFY_RUNS ?? 5)
const owners = Array.from({ length: 16 }, (_, at) => `owner ${at}`)

/** How many statements go to all shards, for the questions that need more than one. */
const statements: Readonly<Record<string, number>> = {
  captures: 4,
  'created-on': 2,
  operations: 2,
  refunds: 4,
  reversals: 3,
  seq: 2,
  transactions: 3,
  'trial-balance': 2,
  'whole-reversals': 2,
}

describe('each part of a question is one statement, which sees a shard at one moment', () => {
  test.each(questions)('$question', async ({ question, sql: text, parameters }) => {
    const { rows } = await sql.query<{ 'QUERY PLAN': string }>(`EXPLAIN (COSTS OFF) ${text}`, [
      ...['games', ['games'], ['games'], '', null].slice(0, parameters),
    ])
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan.match(/Task Count: 8$/gm)).toHaveLength(statements[question] ?? 1)
  })
})

describe('while owners of all shards post', () => {
  const nonce = () => crypto.randomUUID()
  const some = () => owners[Math.floor(Math.random() * owners.length)] ?? ''

  /** Posts of every kind, over one shard and over several. A refusal is fine. */
  async function post(): Promise<void> {
    const [from, to] = [some(), some()]
    const added = await ledger.postEntry({
      ownerId: from,
      operation: 'CREDIT_ADD',
      amount: 20,
      nonce: nonce(),
    })
    if (added.ok) await ledger.refundEntry({ id: added.entry.id, amount: 1, nonce: nonce() })
    const hold = await ledger.holdCredits({
      ...{ ownerId: from, operation: 'CREDIT_SPEND', amount: 3, expiresIn: 60, nonce: nonce() },
    })
    if (hold.ok) await ledger.captureHold({ id: hold.hold.id, amount: 2, nonce: nonce() })
    if (from === to) return
    const transfer = await ledger.transfer({ from, to, amount: 2, nonce: nonce() })
    if (transfer.ok) await ledger.reverseTransaction({ id: transfer.transaction.id, nonce: nonce() })
  }

  test(`${runs} verifications find nothing`, async () => {
    const beside = new pg.Client({ connectionString: database.url })
    await beside.connect()
    let isOver = false
    const posting = Array.from({ length: 6 }, async () => {
      while (!isOver) await post()
    })
    const broken: unknown[] = []
    let again = 0
    try {
      for (let run = 0; run < runs; run += 1) {
        const told = new Map<string, number>()
        const verification = await verifyLedger(sql, {
          apps: ['games'],
          beside: [beside],
          rangeSize: 50,
          onQuestion: (_app, invariant) => told.set(invariant, (told.get(invariant) ?? 0) + 1),
        })
        broken.push(...verification.broken)
        again += [...told.values()].filter((times) => times > 1).length
      }
    } finally {
      isOver = true
      await Promise.all(posting)
      await beside.end()
    }
    const { rows } = await sql.query('SELECT count(*)::int AS entries FROM ledger.entries')
    console.log(`${runs} verifications beside ${rows[0]?.entries} entries asked ${again} questions again.`)
    expect(broken).toEqual([])
    expect((await verifyLedger(sql, { apps: ['games'] })).broken).toEqual([])
  })
})
