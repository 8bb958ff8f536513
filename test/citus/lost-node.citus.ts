// A worker is lost and comes back. The owners on it wait, and no others. The nodes are the test's own.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createLedger, createPool } from '@shared-ledger/ledger'
import { findRoot, withConnection } from '@shared-ledger/postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenBooks, operations } from '../../packages/ledger/test/open-ledger.ts'
import { readPidFile } from '../../packages/postgres/src/embedded/pid-file.ts'
import { dataOf } from '../../packages/postgres/src/embedded/placement.ts'
import { createDistributedDatabase } from '../../packages/postgres/src/testing/given-cluster.ts'
import { DATABASE, type Nodes, startNodes } from '../../scripts/cluster/cluster.ts'
import type { Node } from '../../scripts/cluster/nodes.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'shared-ledger-lost-node-'))
chmodSync(directory, 0o755) // PostgreSQL's user must be able to enter

let nodes: Nodes
let lost: Node
/** Two owners of the worker that stays, and two of the one that is lost. */
let staying: readonly string[]
let waiting: readonly string[]
/** The coordinator, and the worker that stays: a ledger on each. */
let ledgers: readonly ReturnType<typeof openLedger>[]

function openLedger(url: string) {
  const pool = createPool(url)
  const ledger = createLedger({ app: 'content', operations, pool })
  return {
    ledger,
    async close() {
      await ledger.close()
      await pool.end()
    },
  }
}

const add = (ownerId: string, nonce: string) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const
const unavailable = { code: 'DATABASE_UNAVAILABLE', retryable: true }
const url = () => nodes.coordinator.url('lost')

beforeAll(async () => {
  nodes = await startNodes({
    bin: process.env.CLUSTER_BIN,
    directory,
    workers: 2,
    log: () => {},
    signal: new AbortController().signal,
  })
  await createDistributedDatabase(nodes.coordinator.url(DATABASE), {
    database: 'lost',
    root: findRoot(import.meta.dirname),
  })
  const [kept, other] = nodes.workers
  if (!kept || !other) throw new Error('the cluster has two workers')
  lost = other
  const ownersOf = async (node: Node) => {
    const found = `SELECT o FROM unnest($1::text[]) o, ledger.shards() s
      WHERE hashtext(o) BETWEEN s.low AND s.high AND s.port = $2 ORDER BY o LIMIT 2`
    const names = Array.from({ length: 50 }, (_, n) => `owner ${n}`)
    return withConnection(url(), async (sql) =>
      (await sql.query(found, [names, node.port])).rows.map(({ o }) => o),
    )
  }
  staying = await ownersOf(kept)
  waiting = await ownersOf(lost)
  ledgers = [url(), kept.url('lost')].map(openLedger)
  for (const { ledger } of ledgers) {
    for (const ownerId of [...staying, ...waiting]) {
      expect(await ledger.postEntry(add(ownerId, crypto.randomUUID()))).toMatchObject({ ok: true })
    }
  }
})

afterAll(async () => {
  for (const { close } of ledgers ?? []) await close()
  await nodes?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const kill = (node: Node) => process.kill(readPidFile(dataOf(node.placement.home))?.pid ?? 0, 'SIGKILL')

test('a call that is under way on a node when that is lost is DATABASE_UNAVAILABLE', async () => {
  const [ownerId = ''] = waiting
  const locker = new pg.Client(lost.url('lost'))
  locker.on('error', () => {})
  await locker.connect()
  await locker.query('BEGIN')
  await locker.query(`SELECT FROM ledger.accounts WHERE book = 'content' AND owner_id = $1 FOR UPDATE`, [
    ownerId,
  ])
  const calls = ledgers.map(({ ledger }) =>
    ledger.postEntries([add(ownerId, '1'), add(ownerId, '2')]).catch((error: unknown) => error),
  )
  const blocked = async () => {
    const sessions = `SELECT FROM pg_stat_activity WHERE datname = 'lost' AND wait_event_type = 'Lock'`
    return withConnection(lost.url('postgres'), async (sql) => (await sql.query(sessions)).rowCount)
  }
  await expect.poll(blocked).toBe(calls.length)
  kill(lost)
  for (const outcome of await Promise.all(calls)) expect(outcome).toMatchObject(unavailable)
  await locker.end().catch(() => {})
})

test('while a node is lost, its owners get DATABASE_UNAVAILABLE, and the others are served', async () => {
  for (const { ledger } of ledgers) {
    for (const ownerId of waiting) {
      await expect(ledger.balance(ownerId)).rejects.toMatchObject(unavailable)
      await expect(ledger.postEntry(add(ownerId, 'meanwhile'))).rejects.toMatchObject(unavailable)
    }
    const [from = ''] = staying
    const [to = ''] = waiting
    const across = ledger.postTransaction({
      nonce: 'across',
      entries: [add(from, ''), add(to, '')].map(({ nonce, ...entry }) => entry),
    })
    await expect(across).rejects.toMatchObject(unavailable)
    for (const ownerId of staying) {
      const nonce = crypto.randomUUID()
      expect(await ledger.postEntry(add(ownerId, nonce))).toMatchObject({ ok: true })
      expect(await ledger.balance(ownerId)).toMatchObject({ ownerId })
      expect((await ledger.entries({ ownerId, first: 1 })).edges[0]?.node).toMatchObject({ nonce })
    }
  }
})

test('once it is back, its owners are served again, and nothing is wrong', async () => {
  await lost.startAgain()
  for (const { ledger } of ledgers) {
    for (const ownerId of [...staying, ...waiting]) {
      const nonce = crypto.randomUUID()
      // An attempt whose answer was lost may have posted it.
      const posted = () =>
        ledger.postEntry(add(ownerId, nonce)).then(
          (outcome) => outcome.ok || outcome.error.code === 'DUPLICATE_NONCE',
          () => false,
        )
      await expect.poll(posted).toBe(true)
    }
  }
  expect(await withConnection(url(), brokenBooks)).toEqual([])
})
