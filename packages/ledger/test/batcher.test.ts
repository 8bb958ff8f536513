import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import pg from 'pg'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { createLedger, createPool, type Refusal } from '../src/index.ts'
import { verifyLedger } from '../src/verify/verify.ts'
import { openLedger, operations } from './open-ledger.ts'

const { database, ledger, sql } = await openLedger()

const add = (ownerId: string, nonce: string, amount = 1) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount, nonce }) as const
const spend = (ownerId: string, nonce: string, amount = 1) =>
  ({ ownerId, operation: 'CREDIT_SPEND', amount, nonce }) as const
const nonces = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)

/** Records the calls with which a ledger posts, each with the number of its requests. */
async function countedLedger() {
  const pool = createPool(database.url)
  const calls: number[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client)
    vi.spyOn(client, 'query').mockImplementation((...args: unknown[]) => {
      const [{ text = '', values = [] } = {}] = args as [{ text?: string; values?: unknown[] }]
      if (text.includes('ledger.post_content(')) calls.push(JSON.parse(String(values[3])).id.length)
      if (text.includes('ledger.append_content(')) calls.push(1)
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

describe('postings at the same time', () => {
  test('go to the database in one call, and each caller gets its own outcome', async () => {
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

  test('make batches of at most 256, and each account has one call at a time', async () => {
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

  test('from several processes result in one history', async () => {
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
  const counted = await countedLedger()
  const outcomes = await Promise.allSettled(
    [...nonces(255).slice(0, 100), 'poison', ...nonces(255).slice(100)].map((nonce) =>
      counted.ledger.postEntry(add(`poisoned ${nonce}`, nonce)),
    ),
  )
  await sql.query('ALTER TABLE ledger.entries_content DROP CONSTRAINT poison')
  const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []))
  expect(failed).toEqual([100])
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.ok)).toHaveLength(255)
  expect(await ledger.balance('poisoned poison')).toMatchObject({ amount: 0 })
  // It was found by halving: all of them, then two halves, eight times.
  expect(counted.calls[0]).toBe(256)
  expect(counted.calls).toHaveLength(1 + 2 * 8)
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

  test('delays only the postings to it, which are posted once it is free', async () => {
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

  test('for 5 s delays none of the 63 callers with other accounts, and all that waited get a true outcome', async () => {
    await ledger.postEntry(add('long', 'start', 10))
    await locked('long', async (release) => {
      let settled = 0
      const waiting = [
        ledger.postTransaction({
          nonce: 'both',
          entries: ['client 0', 'long'].map((ownerId) => ({ ownerId, operation: 'CREDIT_ADD', amount: 1 })),
        }),
        ledger.postEntry(add('long', 'start', 10)),
        ...nonces(20).map((nonce) => ledger.postEntry(spend('long', nonce))),
      ].map((posting) => posting.finally(() => (settled += 1)))
      let isLocked = true
      const clients = nonces(63).map(async (_, client) => {
        let posted = 0
        for (; isLocked; posted += 1) {
          // The waiting transaction keeps the account of client 0 as well.
          const result = await ledger.postEntry(add(`client ${client + 1}`, `${posted}`))
          expect(result).toMatchObject({ ok: true, balance: { amount: posted + 1 } })
          await sleep(20)
        }
        return posted
      })
      await sleep(5000)
      isLocked = false
      const posted = await Promise.all(clients)
      expect(Math.min(...posted)).toBeGreaterThan(1)
      expect(settled).toBe(0)
      await release()
      const [both, replay, ...spends] = (await Promise.all(waiting)).map((result) =>
        result.ok ? 'posted' : result.error.code,
      )
      expect([both, replay]).toEqual(['posted', 'DUPLICATE_NONCE'])
      // The transaction came before the spends, after them, or between them.
      const spent = spends.filter((code) => code === 'posted').length
      expect(spends.filter((code) => code === 'INSUFFICIENT_BALANCE')).toHaveLength(20 - spent)
      expect([10, 11]).toContain(spent)
      expect(await ledger.balance('long')).toMatchObject({ amount: 11 - spent })
    })
  })

  test('also when it is still being made', async () => {
    const other = new pg.Client({ connectionString: database.url })
    await other.connect()
    await other.query('BEGIN')
    await other.query(
      `INSERT INTO ledger.accounts (book, owner_id, head, created_on, updated_on)
       VALUES ('content', 'new', ledger.chain_start('content', 'new'), now(), now())`,
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

  test('holds back a transaction of several owners, but not its other owners', async () => {
    await ledger.postEntry(add('giver', 'start', 10))
    await ledger.postEntry(add('taker', 'start', 1))
    await locked('taker', async (release) => {
      const both = ledger.postTransaction({
        nonce: 'both',
        entries: [spend('giver', '', 5), add('taker', '', 5)].map(({ nonce: _, ...entry }) => entry),
      })
      // These are sent after it, and answered while it waits.
      for (const nonce of nonces(5)) {
        expect(await ledger.postEntry(spend('giver', nonce))).toMatchObject({ ok: true })
      }
      await release()
      expect(await both).toMatchObject({ ok: true, balances: [{ amount: 0 }, { amount: 6 }] })
    })
  })
})

test('connections are killed under load: every caller gets the true outcome or a retryable error', async () => {
  const pool = createPool(database.url)
  const own = createLedger({ app: 'content', operations, pool })
  const asked = nonces(1000).map((nonce, index) => ({ owner: `killed ${index % 50}`, nonce }))
  let isDone = false
  const killing = (async () => {
    // Only a few times: if calls took longer than the pause, no posting would ever succeed.
    for (let times = 0; times < 5 && !isDone; times += 1) {
      await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE 'shared-ledger %' AND datname = current_database() AND query ~ 'ledger\\.(post|append)_' AND state = 'active'`)
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

describe('while the database is paused', () => {
  /** Makes every posting wait until it is released. */
  const paused = async (use: (release: () => Promise<unknown>) => Promise<void>) => {
    const gate = new pg.Client({ connectionString: database.url })
    await gate.connect()
    await gate.query('BEGIN; LOCK TABLE ledger.accounts IN ACCESS EXCLUSIVE MODE')
    try {
      await use(() => gate.query('ROLLBACK'))
    } finally {
      await gate.end()
    }
  }
  /** A ledger whose postings wait for locks without a limit. */
  const patientLedger = () => {
    const pool = createPool(database.url)
    Object.assign(pool.options, { lock_timeout: 240_000, statement_timeout: 0, query_timeout: 0 })
    afterAll(() => pool.end())
    return createLedger({ app: 'content', operations, pool })
  }
  const codeOf = (outcome: PromiseSettledResult<{ readonly ok: boolean }>) =>
    outcome.status === 'rejected' ? (outcome.reason as Refusal).code : outcome.value.ok

  test('10,000 wait, and more callers get OVERLOADED; service resumes when the database does', async () => {
    const own = patientLedger()
    await paused(async (release) => {
      const asked = nonces(10_600).map((nonce) => own.postEntry(add('many', nonce)))
      const settled = Promise.allSettled(asked)
      await expect(asked.at(-1)).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
      await release()
      const codes = (await settled).map(codeOf)
      expect(codes).toEqual([...Array(10_000).fill(true), ...Array(600).fill('OVERLOADED')])
      expect(await own.postEntry(add('many', 'after'))).toMatchObject({ ok: true })
    })
  })

  test('the memory of a process is limited to 10,000 postings, however many are sent and for whom', async () => {
    const own = patientLedger()
    await paused(async (release) => {
      const accepted = nonces(10_000).map((nonce, n) => own.postEntry(add(`crowd ${n % 500}`, nonce)))
      const settled = Promise.allSettled(accepted)
      await expect(own.postEntry(add('late', 'first'))).rejects.toMatchObject({ code: 'OVERLOADED' })
      const before = heapUsed()
      // Meanwhile the lanes give up on these accounts. They wait elsewhere, and that makes no room for others.
      let refused = 0
      for (let asked = 0; asked < 100_000; asked += 1000) {
        for (const nonce of nonces(1000)) {
          own.postEntry(add(`late ${asked} ${nonce}`, nonce)).catch(({ code }) => {
            refused += code === 'OVERLOADED' ? 1 : 0
          })
        }
        await sleep(10)
      }
      expect(refused).toBe(100_000)
      expect(heapUsed() - before).toBeLessThan(20_000_000)
      await release()
      expect(new Set((await settled).map(codeOf))).toEqual(new Set([true]))
      expect(await own.postEntry(add('late', 'after'))).toMatchObject({ ok: true })
    })
  })
})

/** Returns the bytes in use, without garbage. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
