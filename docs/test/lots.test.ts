import { readFileSync } from 'node:fs'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { expect, test } from 'vitest'
import { blocksOf } from './markdown.ts'
import { runSql } from './servers.ts'
import { follow } from './walkthrough.ts'

test('the steps of docs/lots.md give credits that expire', { timeout: 1_200_000 }, async () => {
  const database = await createTestDatabase()
  try {
    await follow('docs/lots.md', database.url)
    const lots = 'SELECT kind, amount::int, rest::int FROM ledger.lots ORDER BY seq'
    expect(await runSql(database.url, lots)).toEqual([
      { kind: 'paid', amount: 20, rest: 20 },
      { kind: 'promotional', amount: 10, rest: 5 },
    ])
  } finally {
    await database.drop()
  }
})

test('the monthly grant of docs/lots.md is the one that a test of the ledger tries', () => {
  const shown = blocksOf('docs/lots.md').filter(({ info }) => info.file?.includes('/monthly'))
  for (const { info, text } of shown) {
    const tried = new URL(`../../packages/ledger/test/lots/${info.file?.split('/').at(-1)}`, import.meta.url)
    expect(`${text}\n`).toBe(readFileSync(tried, 'utf8'))
  }
  expect(shown).toHaveLength(2)
})
