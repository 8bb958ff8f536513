import { expect, test } from 'vitest'
import { createLedger, defineOperations, sharedOperations } from '../src/index.ts'
import { openGames } from './open-ledger.ts'

const { pool, sql } = await openGames()
const operations = defineOperations({ ...sharedOperations, GEM_GAIN: { amount: 5, book: 'gems' } })
const ofGems = createLedger({ app: 'games', operations, pool })
const ofGames = createLedger({
  app: 'games',
  operations: defineOperations({ ...sharedOperations, GEM_GAIN: { amount: 5 } }),
  pool,
})
const declare = (books: Readonly<Record<string, string>>) =>
  sql.query(`SELECT ledger.set_operations('games', $1, books => $2)`, [Object.keys(operations), books])
const declareOther = () =>
  sql.query(
    `SELECT ledger.set_operations('shop', ledger.shared_operations()); SELECT ledger.make_book('shop', 'gems')`,
  )

test('a server whose operations have other books than in the database does not start', async () => {
  await declare({})
  await expect(ofGems.assertReady()).rejects.toThrow(
    'Operations of the app games have another book in the database: GEM_GAIN (gems in operations.ts, games in the database). ' +
      'Run the migration that declares their books: npx shared-ledger migrate games ' +
      '(npx shared-ledger migrate new games books writes it).',
  )
  expect(await ofGames.assertReady()).toEqual([])

  await sql.query('BEGIN')
  await sql.query(`SELECT ledger.make_book('games', 'gems')`)
  await declare({ GEM_GAIN: 'gems' })
  await sql.query('COMMIT')
  expect(await ofGems.assertReady()).toEqual([])
  await expect(ofGames.assertReady()).rejects.toThrow(
    'GEM_GAIN (games in operations.ts, gems in the database)',
  )
})

test('a server whose book is not shared with its app does not start, and says who shares it', async () => {
  await sql.query(`DELETE FROM ledger.books WHERE book = 'gems'`)
  await expect(ofGems.assertReady()).rejects.toThrow(
    'The app games may not use these books: gems. It has not made them, and they are not shared with it. ' +
      'The app that made a book shares it, in a migration that you write by hand: ' +
      "SELECT ledger.share_book('<its maker>', 'gems', ARRAY['games', …]); with all apps that share it.",
  )
  await declareOther()
  await expect(ofGems.assertReady()).rejects.toThrow('The app games may not use these books: gems.')
  await sql.query(`SELECT ledger.share_book('shop', 'gems', ARRAY['games'])`)
  expect(await ofGems.assertReady()).toEqual([])
})
