import { createEmptyDatabase } from '@shared-ledger/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../src/index.ts'
import { rowsOf } from './support/attached.ts'
import { migratingProject } from './support/migrating.ts'

const project = migratingProject()
let empty: Awaited<ReturnType<typeof createEmptyDatabase>>
beforeEach(async () => {
  empty = await createEmptyDatabase()
})
afterEach(() => empty.drop())

const run = async (apps?: string[]) => {
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  await migrate({ databaseUrl: empty.directUrl, root: project.root, log, ...(apps && { apps }) })
  return lines
}
const booksNow = () =>
  rowsOf(empty.directUrl, 'SELECT book, app, apps FROM ledger.books ORDER BY book').then((rows) =>
    rows.map(({ book, app, apps }) => `${book} of ${app} for ${apps}`),
  )

const content = [
  'DAILY_REWARD',
  'SIGNUP_CREDIT',
  'CREDIT_SPEND',
  'CREDIT_ADD',
  'CONTENT_CREATION',
  'CONTENT_ACCESS',
]
const declareMeal = (book: string) => `SELECT ledger.set_operations('content', ARRAY[
  ${[...content, 'MEAL'].map((name) => `'${name}'`).join(', ')}
], books => '{"MEAL": "${book}"}');`

const share = `-- SELECT ledger.share_book('freelance', 'freelance', ARRAY['nobody']);
SELECT ledger.share_book('freelance', 'freelance', ARRAY['content']);`

test('apps that share books with each other migrate in the order of the timestamps, wherever a database starts', async () => {
  project.write(share, { app: 'freelance', name: '20990101000000_share' })
  project.write(declareMeal('freelance'), { app: 'content', name: '20990102000000_meal' })
  project.write(
    `SELECT ledger.make_book('content', 'gems'); SELECT ledger.share_book('content', 'gems', ARRAY['freelance'])`,
    { app: 'content', name: '20990103000000_gems' },
  )
  project.write(
    `SELECT ledger.set_operations('freelance', operations || '{GEM_TIP}', retired, books || '{"GEM_TIP": "gems"}')
       FROM ledger.apps WHERE app = 'freelance'`,
    { app: 'freelance', name: '20990104000000_tip' },
  )
  const lines = await run()
  expect(lines.filter((line) => line.startsWith('Migrating the app'))).toEqual([
    expect.stringMatching(/^Migrating the app content: .*, 20990102000000_meal, 20990103000000_gems …$/),
    expect.stringMatching(/^Migrating the app freelance: .*, 20990101000000_share, 20990104000000_tip …$/),
  ])
  expect(await booksNow()).toEqual([
    'content of content for content',
    'freelance of freelance for content,freelance',
    'gems of content for content,freelance',
  ])
  expect(await run()).toEqual([])
})

test('an app alone is migrated with the apps that share a book with it', async () => {
  project.write(share, { app: 'freelance', name: '20990101000000_share' })
  project.write(declareMeal('freelance'), { app: 'content', name: '20990102000000_meal' })
  await run(['content'])
  expect(await booksNow()).toEqual([
    'content of content for content',
    'freelance of freelance for content,freelance',
  ])
  const without = await project.migrating({ apps: ['freelance'] })
  expect(without).toEqual(['Migrating the app freelance: 20990101000000_share …'])
})

test('a book that is not shared yet is refused with what to do, and nothing changes', async () => {
  project.write(declareMeal('freelance'), { app: 'content', name: '20990101000000_meal' })
  project.write(share, { app: 'freelance', name: '20990102000000_share' })
  const message = await project.failing({ apps: ['content'] })
  expect(message).toContain(
    'The migration 20990101000000_meal of the app content failed and changed nothing.',
  )
  expect(message).toContain('ERROR: app content may not use these books: freelance')
  expect(message).toContain('SELECT ledger.share_book(app, book, apps) in a migration of that app')
})
