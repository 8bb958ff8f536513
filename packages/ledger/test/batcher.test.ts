import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { createLedger, createPool, type Refusal } from '../src/index.ts'
import { verifyLedger } from '../src/verify.ts'
import { openLedger, operations } from './open-ledger.ts'

const { database, ledger, sql } = await openLedger()

const add = (ownerId: string, nonce: string, amount = 1) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount, nonce }) as const
const spend = (ownerId: string, nonce: string, amount = 1) =>
  ({ ownerId, operation: 'CREDIT_SPEND', amount, nonce }) as const
const nonces = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)

/** The calls of ledger.post that a ledger of its own makes, each with the number of its transactions. */
async function countedLedger() {
  const pool = createPool(database.url)
  const calls: number[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client)
    vi.spyOn(client, 'query').mockImplementation((...args: unknown[]) => {
      const [{ text = '', values = [] } = {}] = args as [{ text?: string; values?: unknown[] }]
      if (text.includes('ledger.post(')) calls.push(JSON.parse(String(values[2])).length)
      return Reflect.apply(query, client, args)
    })
  })
  const own = createLedger({ app: 'content', operations, pool })
  afterAll(() => pool.end())
  return { ledger: own, calls }
}

afterEach(async () => {
  expect((await verifyLedger(sql)).broken).toEqual([])
})

describe('postings that are asked for at once', () => {
  test('go to the database in one call, and each caller gets his own outcome', async () => {
    const counted = await countedLedger()
    await counted.ledger.postEntry(add('one', 'first', 10))
    counted.calls.length = 0
    const outcomes = await Promise.all([
      counted.ledger.postEntry(spend('one', 'a', 4)),
      counted.ledger.postEntry(spend('one', 'b', 7)),
      counted.ledger.postEntry(spend('one', 'a', 4)),
      counted.ledger.postEntry(add('two', 'a', 3)),
      counted.ledger.postEntry(spend('nobody', 'a')),
    ])
    expect(counted.calls).toEqual([5])
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.balance.amount : outcome.error.code))).toEqual([
      6,
      'INSUFFICIENT_BALANCE',
      'DUPLICATE_NONCE',
      3,
      'INSUFFICIENT_BALANCE',
    ])
  })

  test('make batches of at most 256, and one account has one call at a time', async () => {
    const counted = await countedLedger()
    const outcomes = await Promise.all(
      nonces(600).map((nonce) => counted.ledger.postEntry(add('hot', nonce))),
    )
    expect(counted.calls.reduce((sum, count) => sum + count, 0)).toBe(600)
    expect(Math.max(...counted.calls)).toBe(256)
    expect(counted.calls.length).toBeLessThanOrEqual(4)
    const seqs = outcomes.map((outcome) => (outcome.ok ? outcome.entry.seq : 0))
    expect(seqs).toEqual(nonces(600).map((_, index) => index + 1))
  })

  test('from several processes end in one history', async () => {
    const others = await Promise.all([countedLedger(), countedLedger(), countedLedger()])
    await ledger.postEntry(add('shared', 'start', 100))
    const outcomes = await Promise.all(
      others.flatMap(({ ledger: other }, process) =>
        nonces(100).map((nonce) => other.postEntry(spend('shared', `${process} ${nonce}`))),
      ),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(100)
    expect(await ledger.balance('shared')).toMatchObject({ amount: 0 })
  })
})

test('one that only PostgreSQL refuses fails alone, in a batch of 256', async () => {
  await sql.query(
    `ALTER TABLE ledger.entries_content ADD CONSTRAINT poison CHECK (nonce <> 'poison') NOT VALID`,
  )
  const outcomes = await Promise.allSettled(
    [...nonces(255).slice(0, 100), 'poison', ...nonces(255).slice(100)].map((nonce) =>
      ledger.postEntry(add(`poisoned ${nonce}`, nonce)),
    ),
  )
  await sql.query('ALTER TABLE ledger.entries_content DROP CONSTRAINT poison')
  const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []))
  expect(failed).toEqual([100])
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.ok)).toHaveLength(255)
  expect(await ledger.balance('poisoned poison')).toMatchObject({ amount: 0 })
})

describe('an account that another transaction has locked', () => {
  const locked = async (ownerId: string, use: (release: () => Promise<unknown>) => Promise<void>) => {
    const other = new pg.Client({ connectionString: database.url })
    await other.connect()
    await other.query('BEGIN')
    await other.query('SELECT FROM ledger.accounts WHERE owner_id = $1 FOR UPDATE', [ownerId])
    try {
      await use(() => other.query('ROLLBACK'))
    } finally {
      await other.end()
    }
  }

  test('delays the postings to it alone; they are posted once it is free', async () => {
    await ledger.postEntry(add('kept', 'start'))
    await locked('kept', async (release) => {
      let settled = 0
      const waiting = nonces(20).map((nonce) =>
        ledger.postEntry(add('kept', nonce)).finally(() => (settled += 1)),
      )
      for (let round = 0; round < 5; round += 1) {
        const others = await Promise.all(
          nonces(50).map((nonce) => ledger.postEntry(add(`free ${nonce}`, `${round}`))),
        )
        expect(others.every(({ ok }) => ok)).toBe(true)
      }
      expect(settled).toBe(0)
      await release()
      expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true)
    })
    expect(await ledger.balance('kept')).toMatchObject({ amount: 21 })
  })

  test('also when it is only being made', async () => {
    const other = new pg.Client({ connectionString: database.url })
    await other.connect()
    await other.query('BEGIN')
    await other.query(
      `INSERT INTO ledger.accounts (app, owner_id, created_on, updated_on) VALUES ('content', 'new', now(), now())`,
    )
    const waiting = ledger.postEntry(add('new', 'n'))
    const others = await Promise.all(nonces(50).map((nonce) => ledger.postEntry(add(`beside ${nonce}`, 'n'))))
    expect(others.every(({ ok }) => ok)).toBe(true)
    await other.query('ROLLBACK')
    expect(await waiting).toMatchObject({ ok: true, entry: { seq: 1 } })
    await other.end()
  })

  test('for too long is a retryable ACCOUNT_BUSY, and nothing is posted', async () => {
    await ledger.postEntry(add('stuck', 'start'))
    const pool = createPool(database.url)
    pool.options.lock_timeout = 200
    const impatient = createLedger({ app: 'content', operations, pool })
    await locked('stuck', async () => {
      const refused = await Promise.allSettled(
        nonces(5).map((nonce) => impatient.postEntry(add('stuck', nonce))),
      )
      expect(refused.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toMatchObject(
        Array(5).fill({ code: 'ACCOUNT_BUSY', retryable: true }),
      )
    })
    expect(await impatient.postEntry(add('stuck', 'n0'))).toMatchObject({ ok: true, balance: { amount: 2 } })
    await pool.end()
  })

  test('holds back a transaction of several owners, and not its other owners', async () => {
    await ledger.postEntry(add('giver', 'start', 10))
    await ledger.postEntry(add('taker', 'start', 1))
    await locked('taker', async (release) => {
      const both = ledger.postTransaction({
        nonce: 'both',
        entries: [spend('giver', '', 5), add('taker', '', 5)].map(({ nonce: _, ...entry }) => entry),
      })
      // Asked for after it, and answered while it waits.
      for (const nonce of nonces(5)) {
        expect(await ledger.postEntry(spend('giver', nonce))).toMatchObject({ ok: true })
      }
      await release()
      expect(await both).toMatchObject({ ok: true, balances: [{ amount: 0 }, { amount: 6 }] })
    })
  })
})

test('connections killed under load: every caller gets the true outcome or a retryable error', async () => {
  const pool = createPool(database.url)
  const own = createLedger({ app: 'content', operations, pool })
  const asked = nonces(1000).map((nonce, index) => ({ owner: `killed ${index % 50}`, nonce }))
  let isDone = false
  const killing = (async () => {
    while (!isDone) {
      await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'shared-ledger' AND datname = current_database() AND query LIKE '%ledger.post(%' AND state = 'active'`)
      await sleep(150)
    }
  })()
  const outcomes = await Promise.allSettled(asked.map(({ owner, nonce }) => own.postEntry(add(owner, nonce))))
  isDone = true
  await killing
  for (const [index, outcome] of outcomes.entries()) {
    const { owner, nonce } = asked[index]!
    const entry = await ledger.entryByNonce(owner, nonce)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ retryable: true })
    else expect(outcome.value).toMatchObject({ ok: true, entry: { id: entry?.id } })
  }
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
  await pool.end()
})

test('beyond 10,000 that wait, callers are told OVERLOADED, and service goes on when the database does', async () => {
  const pool = createPool(database.url)
  const own = createLedger({ app: 'content', operations, pool })
  const gate = new pg.Client({ connectionString: database.url })
  await gate.connect()
  await gate.query('BEGIN; LOCK TABLE ledger.accounts IN ACCESS EXCLUSIVE MODE')
  const outcomes = nonces(10_600).map((nonce) => own.postEntry(add('many', nonce)))
  const settled = Promise.allSettled(outcomes)
  await sleep(20)
  await gate.query('ROLLBACK')
  await gate.end()
  const codes = (await settled).map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as Refusal).code : outcome.value.ok,
  )
  expect(new Set(codes)).toEqual(new Set([true, 'OVERLOADED']))
  expect(codes.filter((code) => code === true)).toHaveLength(10_000)
  expect(await own.postEntry(add('many', 'after'))).toMatchObject({ ok: true })
  await pool.end()
})
