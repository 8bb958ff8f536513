import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { buildSchema } from 'graphql'
import pg from 'pg'
import { afterAll } from 'vitest'
import { app as contentApp } from '../../apps/content/src/app.ts'
import { app as freelanceApp } from '../../apps/freelance/src/app.ts'
import { read } from '../../docs/test/markdown.ts'
import { serveToCallers } from './callers.ts'
import type { Known } from './ledger-calls.ts'

/** Words that only the other owner of a transaction may read. */
export const secrets = ['bob', 'secret-nonce', 'secret-metadata'] as const

/** Opens both apps on one database, served to the callers. ann has an account, and shares a transaction with bob. */
export async function openApps() {
  const database = await createTestDatabase()
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  const freelance = await serveToCallers(freelanceApp.open, database.url)
  const content = await serveToCallers(contentApp.open, database.url)
  afterAll(async () => {
    await Promise.all([freelance.close(), content.close()])
    await sql.end()
    await database.drop()
  })

  const made = async (app: typeof freelance, path: string, body: object) => {
    const { status, json } = await app.rest('all', 'POST', path, body)
    if (status >= 300) throw new Error(`${path}: ${JSON.stringify(json)}`)
    return json
  }
  const alone = await made(freelance, '/ledger', {
    owner_id: 'ann',
    operation: 'CREDIT_ADD',
    amount: 1000,
    nonce: 'alone',
    metadata: { mine: 'yes' },
  })
  const shared = await made(freelance, '/ledger/transactions', {
    nonce: 'secret-nonce',
    metadata: { note: 'secret-metadata' },
    entries: [
      { owner_id: 'ann', operation: 'CREDIT_SPEND', amount: 5 },
      { owner_id: 'bob', operation: 'CREDIT_ADD', amount: 5 },
    ],
  })
  const held = await made(freelance, '/ledger/holds', {
    owner_id: 'ann',
    operation: 'CREDIT_SPEND',
    amount: 5,
    expires_in: 3600,
    nonce: 'held',
  })
  const { project } = await made(freelance, '/projects', {
    client_id: 'ann',
    freelancer_id: 'bob',
    title: 'A logo',
    price: 5,
  })
  await made(content, '/ledger', { owner_id: 'ann', operation: 'CREDIT_ADD', amount: 1000, nonce: 'given' })
  const { lots } = (await content.rest('all', 'GET', '/ledger/ann/lots')).json
  const { content: published } = await made(content, '/content', {
    owner_id: 'ann',
    title: 'On ledgers',
    body: 'Every entry stays.',
    nonce: 'published',
  })

  const known: Known = {
    entry: String(alone.entry.id),
    transaction: alone.entry.transaction_id,
    hold: String(held.hold.id),
    lot: String(lots[0].id),
    project: String(project.id),
    content: String(published.id),
  }
  const sharedEntry = String(shared.transaction.entries[0].id)
  const sharedTransaction: string = shared.transaction.id

  /** Each root field of both apps, and which app serves it. */
  const fields = new Map(
    [
      { served: freelance, sdl: read('apps/freelance/schema.graphql') },
      { served: content, sdl: read('apps/content/schema.graphql') },
    ]
      .flatMap(({ served, sdl }) =>
        rootFields(sdl).map(({ name, root }) => [name, { served, root }] as const),
      )
      .reverse(), // of the ledger's own fields, those of freelance
  )

  /** Counts the rows that requests write. */
  const rows = async () => {
    const { rows } = await sql.query<{ count: string }>(`
      SELECT (SELECT count(*) FROM ledger.entries) || ' ' || (SELECT count(*) FROM ledger.holds)
          || ' ' || (SELECT count(*) FROM freelance.projects) || ' ' || (SELECT count(*) FROM content.contents)
          || ' ' || (SELECT sum(overdraft) FROM ledger.accounts)
          || ' ' || (SELECT count(*) FROM ledger.holds WHERE released_on IS NULL) AS count`)
    return rows[0]?.count
  }
  return { freelance, content, known, sharedEntry, sharedTransaction, fields, rows }
}

function rootFields(sdl: string) {
  const schema = buildSchema(sdl)
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  return roots.flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((name) => ({ name, root: type?.name ?? '' })),
  )
}
