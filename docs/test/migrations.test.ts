import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { runSql } from './servers.ts'
import { follow } from './walkthrough.ts'

const database = await createTestDatabase()
afterAll(() => database.drop())

const post = async (app: string, nonce: string, operation = 'CREDIT_ADD') => {
  const [row] = await runSql(
    database.url,
    `SELECT ledger.post_entry('${app}', 'ann', '${operation}', 1, 1, '${nonce}', '{}', gen_random_uuid()) ->> 'outcome' AS outcome`,
  )
  return row?.outcome
}

/** All that is another app's: its tables and indexes with their files, its history, its entries. */
const freelance = () =>
  runSql(
    database.url,
    `SELECT relname::text AS name, oid::text || ' ' || relfilenode AS state FROM pg_class
      WHERE relname LIKE 'entries_freelance%' OR relnamespace = 'freelance'::regnamespace
     UNION ALL SELECT migration_name, finished_at::text FROM freelance._prisma_migrations
     UNION ALL SELECT nonce, to_json(e)::text FROM ledger.entries e WHERE app = 'freelance' ORDER BY 1, 2`,
  )

test('the steps of docs/migrations.md do what it says, and leave the other app alone', {
  timeout: 240_000,
}, async () => {
  expect([await post('content', 'before'), await post('freelance', 'before')]).toEqual(['posted', 'posted'])
  const before = await freelance()
  await follow('docs/migrations.md', database.url)
  expect(await freelance()).toEqual(before)

  expect(await post('content', 'before')).toBe('duplicate')
  expect(await post('content', 'after')).toBe('posted')
  expect(await post('freelance', 'before')).toBe('duplicate')
  expect(await post('content', 'boost', 'CONTENT_BOOST')).toBe('posted')
  await expect(post('content', 'no', 'CONTENT_GIFT')).rejects.toThrow('entries_content_operations')
  await expect(runSql(database.url, 'DELETE FROM ledger.entries')).rejects.toThrow('never changed or deleted')
  const places = `SELECT relname ~ '^entries_content_[0-3]$' AS split, seq::int
                    FROM ledger.entries e JOIN pg_class c ON c.oid = e.tableoid WHERE app = 'content' ORDER BY seq`
  expect(await runSql(database.url, places)).toEqual([1, 2, 3].map((seq) => ({ split: true, seq })))

  await runSql(
    database.url,
    `SELECT ledger.set_operations('content', (SELECT operations || ARRAY['CONTENT_GIFT'] FROM ledger.apps WHERE app = 'content'))`,
  )
  expect(await post('content', 'gift', 'CONTENT_GIFT')).toBe('posted')
})
