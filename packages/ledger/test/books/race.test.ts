import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { provisionApp, roleOf, withLogin } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { defineOperations, sharedOperations } from '../../src/index.ts'
import { brokenBooks, postBySql } from '../open-ledger.ts'
import type { Spending } from './spender.ts'
import { declare, makeBooks } from './stage.ts'

const database = await createTestDatabase()
const sql = new pg.Client({ connectionString: database.directUrl })
await sql.connect()
// Roles belong to the whole server, which other tests share.
const mark = crypto.randomUUID().slice(0, 8)
const apps = [`maker_${mark}`, `sharer_${mark}`]
const book = `shared_${mark}`
await makeBooks(sql, apps[0]!, { [book]: [apps[1]!] })
const operations = defineOperations({
  ...sharedOperations,
  SHARED_SPEND: { amount: -1, book },
  SHARED_ADD: { amount: { min: 1, max: 100 }, book },
})
const urls = new Map<string, string>()
for (const app of apps) {
  await declare(sql, app, operations)
  const password = crypto.randomUUID()
  await provisionApp(sql, { app, password, connections: 50 })
  urls.set(app, withLogin(database.directUrl, { user: roleOf(app), password }))
}
afterAll(async () => {
  const roles = apps.map(roleOf).join(', ')
  await sql.query(`DROP OWNED BY ${roles} CASCADE; DROP ROLE ${roles}`)
  await sql.end()
  expect(await database.deadlocks()).toBe(0)
  await database.drop()
})

/** Starts a process, and returns a function that lets it post and returns what became of it. */
async function start(spending: Spending): Promise<() => Promise<readonly string[]>> {
  const child = fork(fileURLToPath(new URL('spender.ts', import.meta.url)), [JSON.stringify(spending)], {
    execArgv: ['--conditions=@shared-ledger/source', '--import', 'tsx'],
  })
  const next = async () => (await once(child, 'message'))[0]
  expect(await next()).toBe('ready')
  return async () => {
    const outcomes = next()
    child.send('go')
    return outcomes
  }
}

test('50 spends of 1 from a balance of 10, by two processes of each app: exactly 10 are accepted', {
  timeout: 120_000,
}, async () => {
  await postBySql(sql, {
    app: apps[0]!,
    book,
    ownerId: 'ten',
    operation: 'SHARED_ADD',
    amount: 10,
    nonce: 'ten',
  })
  const processes = await Promise.all(
    [0, 1, 2, 3].map((process) => {
      const app = apps[process % 2]!
      // The apps use the same nonces.
      const nonces = Array.from(
        { length: process < 2 ? 13 : 12 },
        (_, n) => `${process < 2 ? 'a' : 'b'} ${n}`,
      )
      return start({ databaseUrl: urls.get(app)!, app, book, ownerId: 'ten', nonces })
    }),
  )
  const outcomes = await Promise.all(processes.map((go) => go()))
  expect(outcomes.flat().toSorted()).toEqual([
    ...Array(40).fill('INSUFFICIENT_BALANCE'),
    ...Array(10).fill('posted'),
  ])

  const { rows } = await sql.query(
    'SELECT app, seq::int, balance_after::int AS after FROM ledger.entries WHERE book = $1 ORDER BY seq',
    [book],
  )
  expect(rows.map(({ seq, after }) => [seq, after])).toEqual(
    Array.from({ length: 11 }, (_, n) => [n + 1, 10 - n]),
  )
  const account = await sql.query('SELECT balance::int, seq::int FROM ledger.accounts WHERE book = $1', [
    book,
  ])
  expect(account.rows).toEqual([{ balance: 0, seq: 11 }])
  expect(await brokenBooks(sql)).toEqual([])
})
