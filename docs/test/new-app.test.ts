import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { expect, test } from 'vitest'
import { runSql } from './servers.ts'
import { follow } from './walkthrough.ts'

test('the steps of docs/new-app.md make an app that runs', { timeout: 1_200_000 }, async () => {
  const database = await createEmptyDatabase()
  try {
    await follow('docs/new-app.md', database.url)
    const rounds = 'SELECT operation, amount::int FROM game.rounds JOIN ledger.entries e ON e.id = entry_id'
    expect(await runSql(database.url, rounds)).toEqual([{ operation: 'ROUND_PLAYED', amount: -2 }])
  } finally {
    await database.drop()
  }
})
