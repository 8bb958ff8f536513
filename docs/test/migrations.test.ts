import { setTimeout as sleep } from 'node:timers/promises'
import {
  createLedger,
  createPool,
  defineOperations,
  type LedgerResult,
  type PostedEntry,
  sharedOperations,
} from '@shared-ledger/ledger'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { blocksOf } from './markdown.ts'
import { postingSql } from './posting-sql.ts'
import { runSql } from './servers.ts'
import { follow } from './walkthrough.ts'

// The tests depend on each other, as the document's steps do.

const database = await createTestDatabase()
const sql = (statement: string) => runSql(database.url, statement)
const pool = createPool(database.url)
const operations = defineOperations({
  ...sharedOperations,
  DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, limit: { times: 1, per: 'lifetime' } },
  CONTENT_BOOST: { amount: -2, description: 'Showing a content on top for a day.' },
})
const content = createLedger({ app: 'content', operations, pool })

afterAll(async () => {
  await content.close()
  await pool.end()
  await database.drop()
})

const post = async (app: string, nonce: string, { ownerId = 'ann', operation = 'CREDIT_ADD' } = {}) => {
  const [row] = await sql(postingSql({ app, ownerId, operation, amount: 1, nonce }))
  return row?.outcome
}

/** Posts for an app again and again. The returned function stops this, and returns the results. */
function keepPosting(app: string): () => Promise<unknown[]> {
  const outcomes = new Set<unknown>()
  let going = true
  const posting = (async () => {
    for (let nonce = 0; going; nonce += 1) {
      outcomes.add(await post(app, `${nonce}`, { ownerId: 'bob' }).catch(String))
      await sleep(250)
    }
  })()
  return async () => {
    going = false
    await posting
    return [...outcomes]
  }
}

/** Everything of another app: its tables and indexes with their files, its history, an entry. */
const freelance = () =>
  sql(
    `SELECT relname::text AS name, oid::text || ' ' || relfilenode AS state FROM pg_class
      WHERE relname LIKE 'entries_freelance%' OR relnamespace = 'freelance'::regnamespace
     UNION ALL SELECT migration_name, finished_at::text FROM freelance._prisma_migrations
     UNION ALL SELECT nonce, to_json(e)::text FROM ledger.entries e WHERE app = 'freelance' AND owner_id = 'ann'
     ORDER BY 1, 2`,
  )

const setClock = (time: string) =>
  sql(
    `CREATE OR REPLACE FUNCTION ledger.now() RETURNS timestamptz LANGUAGE sql VOLATILE RETURN timestamptz '${time}'`,
  )

const fileOf = async (table: string) =>
  (await sql(`SELECT pg_relation_filenode('${table}') AS file`))[0]?.file

/** Returns in which part content's entries of ann are, by nonce. */
const places = async () => {
  const rows = await sql(
    `SELECT nonce, relname AS part FROM ledger.entries e JOIN pg_class c ON c.oid = e.tableoid
      WHERE app = 'content' AND owner_id = 'ann'`,
  )
  return Object.fromEntries(rows.map(({ nonce, part }) => [nonce, part]))
}

test('the steps of docs/migrations.md work, and leave the other app alone', {
  timeout: 1_200_000,
}, async () => {
  expect([await post('content', 'before'), await post('freelance', 'before')]).toEqual(['posted', 'posted'])
  const [before, file] = [await freelance(), await fileOf('ledger.entries_content')]
  const ends = ['content', 'freelance'].map(keepPosting)
  await follow('docs/migrations.md', database.url).finally(async () => {
    for (const end of ends) expect(await end()).toEqual(['posted'])
  })
  expect(await freelance()).toEqual(before)
  expect(await fileOf('ledger.entries_content_until_2100')).toBe(file)
})

test('after a split, each posting goes into the part of its time', async () => {
  expect(await post('content', 'after')).toBe('posted')
  for (const operation of ['CREDIT_ADD', 'DAILY_REWARD'])
    expect(await post('content', `early ${operation}`, { ownerId: 'cy', operation })).toBe('posted')
  await setClock('2100-01-01Z')
  expect(await post('content', 'in 2100')).toBe('posted')
  expect(await post('content', 'boost', { operation: 'CONTENT_BOOST' })).toBe('posted')
  expect(await post('freelance', 'in 2100')).toBe('posted')
  await setClock('2101-12-31 23:59Z')
  expect(await post('content', 'in 2101')).toBe('posted')
  expect(await places()).toEqual({
    before: 'entries_content_until_2100',
    after: 'entries_content_until_2100',
    'in 2100': 'entries_content_2100',
    boost: 'entries_content_2100',
    'in 2101': 'entries_content_2101',
  })
})

test('after a split, a nonce is found in every part, and balance and pages cover all parts', async () => {
  const nonces = ['in 2101', 'boost', 'in 2100', 'after', 'before']
  for (const nonce of nonces) expect(await post('content', nonce), nonce).toBe('duplicate')
  expect(await content.balance('ann')).toMatchObject({ amount: 5 })
  const { edges } = await content.entries({ ownerId: 'ann', first: 3 })
  const rest = await content.entries({ ownerId: 'ann', after: edges.at(-1)?.cursor ?? null })
  const read = [...edges, ...rest.edges].map(({ node }) => node)
  expect(read.map(({ nonce, seq, balanceAfter }) => [nonce, seq, balanceAfter])).toEqual(
    nonces.map((nonce, at) => [nonce, 5 - at, 5 - at]),
  )
  for (const entry of read) {
    expect(await content.entryByNonce('ann', entry.nonce)).toEqual(entry)
    expect(await content.entry(entry.id)).toEqual(entry)
  }
})

test('after a split, an entry in an older part is reversed once, refunded within its amount, and counts for limits', async () => {
  const [credit, reward] = (await content.entries({ ownerId: 'cy', order: 'OLDEST_FIRST' })).edges.map(
    ({ node }) => node,
  )
  const codeOf = (result: LedgerResult<PostedEntry>) => result.ok || result.error.code
  const refund = (nonce: string) => content.refundEntry({ id: credit?.id ?? '', amount: 1, nonce })
  expect([codeOf(await refund('back')), codeOf(await refund('back again'))]).toEqual([
    true,
    'REFUND_EXCEEDED',
  ])
  const reverse = (nonce: string) => content.reverseTransaction({ id: reward?.transactionId ?? '', nonce })
  expect(await reverse('undone')).toMatchObject({ ok: true })
  expect(await reverse('undone again')).toMatchObject({ error: { code: 'ALREADY_REVERSED' } })
  const next = await content.postEntry({ ownerId: 'cy', operation: 'DAILY_REWARD', nonce: 'another' })
  expect(codeOf(next)).toBe('LIMIT_REACHED')
  expect(await content.balanceAt('cy', new Date('2099-01-01Z'))).toMatchObject({ amount: 2 })
  expect(await content.balance('cy')).toMatchObject({ amount: 0 })
})

test('after a split, every part protects its entries from changes, and keeps its keys', async () => {
  const tables = await sql(
    `SELECT 'ledger.' || relname AS name FROM pg_partition_tree('ledger.entries_content') JOIN pg_class ON oid = relid`,
  )
  expect(tables).toHaveLength(4)
  for (const { name } of tables)
    for (const change of [`UPDATE ${name} SET amount = 2`, `DELETE FROM ${name}`, `TRUNCATE ${name}`])
      await expect(sql(change), change).rejects.toThrow('never changed or deleted')
  for (const [nonce, part] of Object.entries(await places()))
    for (const [column, key] of [
      ['seq', 'nonce_place_key'],
      ['nonce', 'pkey'],
    ]) {
      const copy = `INSERT INTO ledger.${part} SELECT (jsonb_populate_record(e, jsonb_build_object('${column}', '99'))).*
                      FROM ledger.${part} e WHERE nonce = '${nonce}'`
      await expect(sql(copy), copy).rejects.toThrow(new RegExp(`duplicate key .*${key}"`))
    }
})

test('after a split, an app’s role has no more rights on the parts than on a partition', async () => {
  const rights = `SELECT DISTINCT relacl, relrowsecurity, relowner FROM pg_class WHERE relkind IN ('r', 'p') AND relname ~ `
  const whole = await sql(`${rights} '^entries_freelance$'`)
  expect(whole).toHaveLength(1)
  expect(await sql(`${rights} '^entries_content'`)).toEqual(whole)
})

test('after a split, operations are declared as before, and then the next part can be added', async () => {
  const gift = { operation: 'CONTENT_GIFT' }
  await expect(post('content', 'gift', gift)).rejects.toThrow('entries_content_operations')
  await sql(
    `SELECT ledger.set_operations('content', (SELECT operations || ARRAY['CONTENT_GIFT'] FROM ledger.apps WHERE app = 'content'))`,
  )
  expect(await post('content', 'gift', gift)).toBe('posted')

  await setClock('2102-01-01Z')
  await expect(post('content', 'in 2102')).rejects.toThrow('no partition')
  const next = blocksOf('docs/migrations.md').find(({ info }) => info.file?.includes('entries_2101'))
  await sql(next?.text.replace(/210\d/g, (year) => `${Number(year) + 1}`) ?? '')
  expect(await post('content', 'in 2102', gift)).toBe('posted')
  await expect(post('content', 'no', { operation: 'CONTENT_NO' })).rejects.toThrow(
    'entries_content_operations',
  )
  expect(await places()).toMatchObject({
    gift: 'entries_content_2101',
    'in 2102': 'entries_content_2102',
  })
})
