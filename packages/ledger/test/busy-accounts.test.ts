import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { createLedger, createPool } from '../src/index.ts'
import { verifyLedger } from '../src/verify/verify.ts'
import { openLedger, operations } from './open-ledger.ts'

const { database, ledger, sql } = await openLedger()

const add = (ownerId: string, nonce: string, amount = 1) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount, nonce }) as const
const pay = (payer: string, shop: string, nonce: string) => ({
  nonce,
  entries: [
    { ownerId: payer, operation: 'CREDIT_SPEND', amount: 1 },
    { ownerId: shop, operation: 'CREDIT_ADD', amount: 1 },
  ] as const,
})
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix} ${i}`)

/** A transaction of another application, which goes on until it is released. */
async function another(text: string, values: unknown[]) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('BEGIN')
  await client.query(text, values)
  return {
    query: client.query.bind(client),
    async release() {
      await client.query('ROLLBACK')
      await client.end()
    },
  }
}
// Not by FOR UPDATE, which a cluster takes for one shard at a time.
const locking = (ownerIds: readonly string[]) =>
  another('UPDATE ledger.accounts SET overdraft = overdraft WHERE owner_id = ANY ($1)', [ownerIds])
const making = (ownerIds: readonly string[]) =>
  another(
    `INSERT INTO ledger.accounts (book, owner_id, head, created_on, updated_on)
     SELECT 'content', o, ledger.chain_start('content', o), now(), now() FROM unnest($1::text[]) o`,
    [ownerIds],
  )

/** A ledger that gives up on a locked account after this time. */
function patientFor(lockMs: number) {
  const pool = createPool(database.url)
  pool.options.lock_timeout = lockMs
  afterAll(() => pool.end())
  return createLedger({ app: 'content', operations, pool })
}

const codesOf = (outcomes: readonly PromiseSettledResult<{ readonly ok: boolean }>[]) =>
  outcomes.map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : outcome.value.ok,
  )

test('however many accounts are locked, each posting ends in ACCOUNT_BUSY after about the time of one', async () => {
  const own = patientFor(500)
  const ownerIds = names('locked', 300)
  await ledger.postEntries(ownerIds.map((ownerId) => add(ownerId, 'start')))
  const lock = await locking(ownerIds)
  const start = performance.now()
  const outcomes = await Promise.allSettled(
    ownerIds.flatMap((ownerId) => [own.postEntry(add(ownerId, 'a')), own.postEntry(add(ownerId, 'b'))]),
  )
  const took = performance.now() - start
  await lock.release()
  expect(new Set(codesOf(outcomes))).toEqual(new Set(['ACCOUNT_BUSY']))
  // One after another, four at a time, they would take 37 s.
  expect(took).toBeLessThan(15_000)
  const again = await Promise.all(ownerIds.map((ownerId) => own.postEntry(add(ownerId, 'a'))))
  expect(again.every(({ ok }) => ok)).toBe(true)
})

test('postings for locked accounts count as waiting, and beyond 10,000 callers get OVERLOADED', async () => {
  const own = patientFor(60_000)
  const crowd = names('crowded', 9_000)
  await sql.query(
    `INSERT INTO ledger.accounts (book, owner_id, head, created_on, updated_on)
     SELECT 'content', o, ledger.chain_start('content', o), now(), now() FROM unnest($1::text[]) o`,
    [crowd],
  )
  const lock = await locking(crowd)
  const first = crowd.map((ownerId) => own.postEntry(add(ownerId, 'first')))
  // Its turn comes after theirs. Once it is answered, all of them are known to be locked.
  await own.postEntry(add('free', 'one'))
  const more = crowd.slice(0, 2_000).map((ownerId) => own.postEntry(add(ownerId, 'more')))
  const refused = await Promise.race(more.map((posting) => posting.catch((error: unknown) => error)))
  expect(refused).toMatchObject({ code: 'OVERLOADED' })
  await lock.release()
  expect(codesOf(await Promise.allSettled(first))).toEqual(first.map(() => true))
  expect(new Set(codesOf(await Promise.allSettled(more)))).toEqual(new Set([true, 'OVERLOADED']))
})

test('a payment that waits for its second owner does not lock its first', async () => {
  await ledger.postEntry(add('a payer', 'start', 10))
  await ledger.postEntry(add('b shop', 'start'))
  const lock = await locking(['b shop'])
  const waiting = ledger.postTransaction(pay('a payer', 'b shop', 'pay'))
  const other = patientFor(10_000)
  for (const nonce of names('n', 10)) {
    // Both in this process and in another.
    expect(await other.postEntry(add('a payer', nonce))).toMatchObject({ ok: true })
    expect(await ledger.postEntry(add('a payer', `own ${nonce}`))).toMatchObject({ ok: true })
    const client = await locking(['a payer'])
    await client.release()
  }
  await lock.release()
  expect(await waiting).toMatchObject({ ok: true })
})

test('many payers to one locked shop: each goes on with other payments, and all are paid once it is free', async () => {
  const payers = names('payer', 300)
  await ledger.postEntries([...payers, 'x shop', 'y shop'].map((ownerId) => add(ownerId, 'start', 10)))
  const lock = await locking(['x shop'])
  const waiting = payers.map((payer) => ledger.postTransaction(pay(payer, 'x shop', `x ${payer}`)))
  const others = await Promise.all(
    payers.map((payer) => ledger.postTransaction(pay(payer, 'y shop', `y ${payer}`))),
  )
  expect(others.every(({ ok }) => ok)).toBe(true)
  await lock.release()
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true)
  expect(await ledger.balance('x shop')).toMatchObject({ amount: 310 })
})

test('accounts that another transaction is making hold back only their own postings', async () => {
  const made = names('made', 3)
  const maker = await making(made)
  const waiting = made.map((ownerId) => ledger.postEntry(add(ownerId, 'n')))
  for (const round of names('round', 5)) {
    const outcomes = await Promise.all(
      names('beside', 253).map((ownerId) => ledger.postEntry(add(`${round} ${ownerId}`, 'n'))),
    )
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
  }
  await maker.release()
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true)
})

test('a posting still gets an account that others pass to each other without a pause', async () => {
  await ledger.postEntry(add('contended', 'start'))
  const clients = await Promise.all([1, 2, 3].map(() => locking(['nobody'])))
  for (const { query } of clients) await query('ROLLBACK')
  let isDone = false
  const rivals = clients.map(async ({ query }) => {
    while (!isDone) {
      await query('BEGIN')
      await query(`SELECT FROM ledger.accounts WHERE owner_id = 'contended' FOR UPDATE`)
      await query('SELECT pg_sleep(0.05)')
      await query('COMMIT')
    }
  })
  const outcomes = await Promise.all(names('n', 50).map((nonce) => ledger.postEntry(add('contended', nonce))))
  isDone = true
  await Promise.all(rivals)
  for (const { release } of clients) await release()
  expect(outcomes.map((outcome) => (outcome.ok ? outcome.entry.seq : 0))).toEqual(
    names('n', 50).map((_, index) => index + 2),
  )
})

test('ten holds, releases and lists of a locked account leave connections to postings and reads', async () => {
  await ledger.postEntry(add('held', 'start', 100))
  await ledger.postEntry(add('at ease', 'start', 100))
  const lock = await locking(['held'])
  const hold = { ownerId: 'held', operation: 'CREDIT_SPEND', amount: 1, expiresIn: 60 } as const
  const waiting = names('n', 20).flatMap((nonce) => [
    ledger.holdCredits({ ...hold, nonce: `hold ${nonce}` }),
    ledger.setOverdraft({ ownerId: 'held', limit: 5 }),
    ledger.postEntries([add('held', `1 ${nonce}`), add('held', `2 ${nonce}`)]).then(([first]) => first!),
    ledger.postEntry({ ...add('held', `dry ${nonce}`), dryRun: true }),
  ])
  expect(await ledger.balance('held')).toMatchObject({ amount: 100 })
  expect(await ledger.postEntry(add('at ease', 'n'))).toMatchObject({ ok: true })
  expect(await ledger.holdCredits({ ...hold, ownerId: 'at ease', nonce: 'hold' })).toMatchObject({ ok: true })
  await lock.release()
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true)
  expect((await verifyLedger(sql)).broken).toEqual([])
})

test('a transaction of new and known owners, and one that locks them in order, never wait for each other', async () => {
  await ledger.postEntry(add('1 known', 'start'))
  const other = await locking(['1 known'])
  const waiting = ledger.postEntries([add('1 known', 'n'), add('2 new', 'n')])
  const locked = async () => {
    const rows = await database.onEachNode<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    )
    return rows.length
  }
  await expect.poll(locked).toBe(1)
  await other.query(
    `SELECT ledger.append_content('2 new', gen_random_uuid(), 'theirs', NULL, 'CREDIT_ADD', 1, NULL)`,
  )
  await other.release()
  expect((await waiting).map(({ ok }) => ok)).toEqual([true, true])
})
