import { readFileSync } from 'node:fs'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { createLedger } from '../../src/index.ts'
import { type VerifyOptions, verifyLedger } from '../../src/verify/verify.ts'
import { operations } from '../open-ledger.ts'
import { named } from './breakage.ts'
import { breakages } from './breakages.ts'
import { lotBreakages } from './lot-breakages.ts'
import { database, intruder, pool, seed, sql } from './seed.ts'

test('a correct ledger passes; below, each question fails once', async () => {
  const { app } = await seed()
  const verification = await verifyLedger(sql, { apps: [app] })
  expect(verification.broken).toEqual([])
  expect(verification).toMatchObject({ apps: [{ app, accounts: 2, entries: 10, holds: 3 }] })
  const broken = new Set([...breakages, ...lotBreakages].map(([, question]) => question))
  expect(verification.answers.map(({ question }) => question).sort()).toEqual([...broken].sort())
  for (const { invariant } of verification.answers) expect(invariant).toMatch(/^[A-Z].*\.\)?$/)
})

describe('verify names the row of', () => {
  test.each(breakages)('%s', async (_name, question, statement, values, row) => {
    const seeded = await seed()
    const { rowCount } = await intruder.query(statement, [...values(seeded)])
    expect(rowCount).toBeGreaterThan(0)
    const { broken } = await verifyLedger(sql, { apps: [seeded.app] })
    const answer = broken.find((answer) => answer.question === question)
    expect(answer?.rows).toContainEqual(expect.objectContaining(row(seeded)))
  })

  test.each(['metadata', 'transaction_id', 'nonce', 'hash'])('an entry without its %s', async (column) => {
    const { app, spent } = await seed()
    const set = (value: unknown) =>
      intruder.query(`UPDATE ledger.entries SET ${column} = $3 WHERE app = $1 AND id = $2`, [
        app,
        spent.id,
        value,
      ])
    const { rows } = await sql.query(
      `SELECT ${column} AS before FROM ledger.entries WHERE app = $1 AND id = $2`,
      [app, spent.id],
    )
    await intruder.query(`ALTER TABLE ledger.entries ALTER ${column} DROP NOT NULL`)
    try {
      await set(null)
      const { broken } = await verifyLedger(sql, { apps: [app] })
      const answer = broken.find(({ question }) => question === 'chain')
      expect(answer?.rows).toContainEqual(expect.objectContaining({ broken: named(spent) }))
    } finally {
      await set(rows[0].before)
      await intruder.query(`ALTER TABLE ledger.entries ALTER ${column} SET NOT NULL`)
    }
  })

  test('an entry that exists twice, in parts of a partition that share no key', async () => {
    const { app, first } = await seed()
    await intruder.query(
      'INSERT INTO ledger.entries SELECT * FROM ledger.entries WHERE app = $1 AND id = $2',
      [app, first.id],
    )
    const { broken } = await verifyLedger(sql, { apps: [app] })
    expect(broken.map(({ question }) => question)).toEqual(expect.arrayContaining(['ids', 'places', 'seq']))
  })
})

test('names a few of many rows, counts all, and says which app', async () => {
  const { app } = await seed()
  await intruder.query('UPDATE ledger.entries SET balance_after = 1000 * seq WHERE app = $1', [app])
  const { broken } = await verifyLedger(sql, { apps: [app], maxRows: 2 })
  const answer = broken.find(({ question }) => question === 'balance-after')
  expect(answer).toMatchObject({ app, count: 10, rows: [{}, {}] })
})

test('every question is about one app alone', async () => {
  const { app } = await seed()
  const { app: other } = await seed()
  await intruder.query('UPDATE ledger.accounts SET balance = 1 WHERE book = $1', [other])
  expect((await verifyLedger(sql, { apps: [app] })).broken).toEqual([])
  expect((await verifyLedger(sql, { apps: [app, other] })).broken.map((answer) => answer.app)).toContain(
    other,
  )
})

test('all questions see one snapshot, while postings go on', async () => {
  const { app } = await seed()
  const ledger = createLedger({ app, operations, pool })
  let posted = 0
  const { broken } = await verifyLedger(sql, {
    apps: [app],
    onAnswer() {
      posted += 1
      void ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', nonce: `meanwhile ${posted}` })
    },
  })
  expect(broken).toEqual([])
  expect(posted).toBeGreaterThan(10)
})

describe('the functions that make hashes', () => {
  const read = (file: string) => readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8')
  const plain = (text: string) => text.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ')

  test('give the same hashes as the question that recomputes them', () => {
    const question = plain(read('packages/ledger/verify/questions/chain.sql'))
    const functions = plain(read('prisma/functions/chain.sql'))
    const [form, next, start] = [...functions.matchAll(/ RETURN (.*?);/g)].map(([, body = '']) => body)
    expect(question).toContain(form)
    expect(question.split(start ?? '')).toHaveLength(3)
    expect(next).toBe('sha256(before || sha256(form))')
  })

  test('may be replaced by somebody who changes an entry, and it is still found', async () => {
    const { app, spent } = await seed()
    const names = ['entry_form', 'next_hash', 'chain_start']
    const { rows } = await sql.query(
      "SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace AND proname = ANY ($1)",
      [names],
    )
    expect(rows).toHaveLength(3)
    await intruder.query('UPDATE ledger.entries SET nonce = $3 WHERE app = $1 AND id = $2', [
      app,
      spent.id,
      'x',
    ])
    try {
      for (const { text } of rows) {
        await intruder.query(text.replace(/RETURN [\s\S]*/, 'RETURN NULL::bytea'))
      }
      const { broken } = await verifyLedger(sql, { apps: [app] })
      expect(broken.find(({ question }) => question === 'chain')).toMatchObject({ count: 1 })
    } finally {
      for (const { text } of rows) await intruder.query(text)
    }
  })
})

describe('several connections share the work', () => {
  /** Verifies an app over three connections, owner by owner. */
  async function share(app: string, options: VerifyOptions = {}) {
    const beside = [0, 1].map(() => new pg.Client({ connectionString: database.url }))
    await Promise.all(beside.map((client) => client.connect()))
    try {
      return await verifyLedger(sql, { apps: [app], rangeSize: 1, beside, ...options })
    } finally {
      await Promise.all(beside.map((client) => client.end()))
    }
  }

  test('in one snapshot, and report each step and each answer once, while postings go on', async () => {
    const { app } = await seed()
    const ledger = createLedger({ app, operations, pool })
    const posted: Promise<unknown>[] = []
    const told: string[] = []
    let [steps, done] = [0, 0]
    const { answers, broken } = await share(app, {
      onStart: (count) => {
        steps = count
      },
      onStep: () => {
        done += 1
        for (const ownerId of ['ada', 'bob', `new ${done}`]) {
          posted.push(ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce: `meanwhile ${done}` }))
        }
      },
      onAnswer: ({ question }) => told.push(question),
    })
    expect(broken).toEqual([])
    expect(told.toSorted()).toEqual(answers.map(({ question }) => question).toSorted())
    expect(done).toBe(steps)
    expect(steps).toBeGreaterThan(answers.length) // the chain is checked for ada and for bob
    await Promise.all(posted)
    await ledger.close()
    expect((await share(app)).broken).toEqual([])
  })

  test('and find the same rows: of every range, and an owner without an account', async () => {
    const { app, spent, given } = await seed()
    await intruder.query("UPDATE ledger.entries SET nonce = nonce || '!' WHERE app = $1 AND id = ANY ($2)", [
      app,
      [spent.id, given.id],
    ])
    await intruder.query("DELETE FROM ledger.accounts WHERE book = $1 AND owner_id = 'ada'", [app])
    const shared = await share(app)
    expect(shared.broken).toEqual((await verifyLedger(sql, { apps: [app] })).broken)
    const chain = shared.broken.find(({ question }) => question === 'chain')
    expect(chain?.rows.map(({ broken }) => broken)).toEqual(
      [spent, given].map(({ id, seq, ownerId }) => `entry ${id} (seq ${seq} of "${ownerId}")`),
    )
  })
})

describe('a question that finds broken rows is asked again in a newer snapshot', () => {
  const setBalance = (app: string, ownerId: string, balance: number) =>
    intruder.query('UPDATE ledger.accounts SET balance = $3 WHERE book = $1 AND owner_id = $2', [
      app,
      ownerId,
      balance,
    ])

  /** Returns a connection that calls `step` before its second transaction begins. */
  function withStepBetween(step: () => Promise<unknown>): pg.ClientBase {
    let transactions = 0
    return new Proxy(sql, {
      get(target, name) {
        const member = Reflect.get(target, name)
        if (name !== 'query') return member
        return (...args: unknown[]) => {
          const query = () => Reflect.apply(member, target, args)
          if (!String(args[0]).startsWith('BEGIN')) return query()
          transactions += 1
          return transactions === 2 ? step().then(query) : query()
        }
      },
    })
  }

  test('and a row that is correct by then is not reported', async () => {
    const { app } = await seed()
    await setBalance(app, 'ada', 12)
    const told: string[] = []
    const { answers, broken } = await verifyLedger(
      withStepBetween(() => setBalance(app, 'ada', 11)),
      { apps: [app], onAnswer: ({ question }) => told.push(question) },
    )
    expect(broken).toEqual([])
    expect(told.toSorted()).toEqual(answers.map(({ question }) => question).toSorted())
    expect(told.slice(-2)).toEqual(['balance', 'trial-balance'])
  })

  test('and rows that are broken both times are reported, as they are then', async () => {
    const { app } = await seed()
    await setBalance(app, 'ada', 12)
    const client = withStepBetween(async () => {
      await setBalance(app, 'ada', 13)
      await setBalance(app, 'bob', 8)
    })
    const answer = async (connection: pg.ClientBase) =>
      (await verifyLedger(connection, { apps: [app] })).broken.find(({ question }) => question === 'balance')
    expect(await answer(client)).toMatchObject({
      count: 1,
      rows: [{ broken: 'account "ada"', found: 'balance 13' }],
    })
    expect(await answer(sql)).toMatchObject({ count: 2 })
  })
})

test('an unknown app is an error, and the connection stays usable', async () => {
  await expect(verifyLedger(sql, { apps: ['nobody'] })).rejects.toThrow('The ledger has no app "nobody"')
  expect((await sql.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})
