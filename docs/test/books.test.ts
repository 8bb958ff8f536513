import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { expect, test } from 'vitest'
import { runSql } from './servers.ts'
import { follow } from './walkthrough.ts'

test('the steps of docs/books.md make a book that two apps share', { timeout: 1_200_000 }, async () => {
  const database = await createTestDatabase()
  try {
    await follow('docs/books.md', database.url)
    const entries = `SELECT app, book, seq::int, operation, balance_after::int AS balance FROM ledger.entries
                      WHERE owner_id = 'ann' ORDER BY book, seq`
    expect(await runSql(database.url, entries)).toEqual([
      { app: 'content', book: 'content', seq: 1, operation: 'CREDIT_ADD', balance: 20 },
      { app: 'content', book: 'content', seq: 2, operation: 'GEMS_PAID', balance: 5 },
      { app: 'content', book: 'gems', seq: 1, operation: 'GEM_REWARD', balance: 10 },
      { app: 'freelance', book: 'gems', seq: 2, operation: 'PROJECT_BOOST', balance: 6 },
      { app: 'content', book: 'gems', seq: 3, operation: 'GEMS_BOUGHT', balance: 12 },
    ])
  } finally {
    await database.drop()
  }
})
