import pg from 'pg'
import { expect, test } from 'vitest'
import { migrate } from '../src/index.ts'
import { BOOST, migratingProject } from './support/migrating.ts'
import { snapshotOf } from './support/snapshot.ts'

const project = migratingProject()
const { write, migrating, rows } = project

const ADD_BOOST = `SELECT ledger.set_operations('content', ARRAY[
  'DAILY_REWARD', 'SIGNUP_CREDIT', 'CREDIT_SPEND', 'CREDIT_ADD', 'CONTENT_CREATION', 'CONTENT_ACCESS', 'CONTENT_BOOST'
]);`

// The writes and locks of a posting, without its rules.
const POST = `INSERT INTO ledger.entries (app, book, owner_id, seq, operation, amount, balance_after, nonce, transaction_id, hash, created_on)
  VALUES ('freelance', 'freelance', 'someone', 1, 'CREDIT_ADD', 10, 10, 'n', gen_random_uuid(), sha256('a test''s'), now())`

test('adding an operation to one app changes nothing of another, waits for none of its postings, and works at once', async () => {
  const poster = new pg.Client({ connectionString: project.url })
  await poster.connect()
  const before = await snapshotOf(project.url, 'freelance')
  write(`${ADD_BOOST}\nCREATE TABLE boosts (id int PRIMARY KEY);`)
  try {
    await poster.query(`BEGIN; ${POST}`)
    // It fails by its lock_timeout if it needs a lock that the posting holds.
    expect(await migrating()).toEqual([`Migrating the app content: ${BOOST} …`])
    await poster.query('COMMIT')
  } finally {
    await poster.end()
  }
  const declared = `SELECT FROM ledger.apps WHERE app = 'content' AND 'CONTENT_BOOST' = ANY (operations)`
  expect(await rows(declared)).toHaveLength(1)
  expect(await rows('SELECT FROM content.boosts')).toEqual([])
  expect(await snapshotOf(project.url, 'freelance')).toEqual(before)

  const after = await snapshotOf(project.url, 'content')
  expect(await migrating({ apps: ['content', 'freelance'] })).toEqual([])
  expect(await snapshotOf(project.url, 'content')).toEqual(after)
  expect(await snapshotOf(project.url, 'freelance')).toEqual(before)
})

test('an unknown app is refused with the names of the known ones', async () => {
  await expect(migrating({ apps: ['contents'] })).rejects.toThrow(
    /no app "contents".*The apps are: content, freelance\./,
  )
})

test('an invalid database url is refused without showing it', async () => {
  const options = { root: project.root, log: () => {} }
  const failure = migrate({ ...options, databaseUrl: 'mysql://root:secret@localhost/x' }).catch(
    (error: Error) => error.message,
  )
  expect(await failure).toMatch(/^DATABASE_URL is not the url of a PostgreSQL database\./)
  expect(await failure).not.toContain('secret')
})
