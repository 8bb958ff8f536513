import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { expect, test } from 'vitest'
import { runSql } from './servers.ts'
import { follow } from './walkthrough.ts'

test('the steps of docs/new-app.md make an app that runs', { timeout: 1_200_000 }, async () => {
  const database = await createEmptyDatabase()
  try {
    await follow('docs/new-app.md', database.url)
    const purchases =
      'SELECT item, operation, amount::int FROM game.purchases JOIN ledger.entries e ON e.id = entry_id'
    expect(await runSql(database.url, purchases)).toEqual([
      { item: 'A ticket', operation: 'PURCHASE', amount: -2 },
    ])
  } finally {
    await database.drop()
  }
})
