import path from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  createLedger,
  createPool,
  type Ledger,
  type OnceResult,
  type PostedEntry,
  prismaOptions,
  type RunSql,
} from '@shared-ledger/ledger'
import { transactionsOf } from '@shared-ledger/ledger/pg'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { PrismaClient } from '../../apps/content/src/generated/prisma/client.ts'
import { operations } from '../../apps/content/src/operations.ts'
import { blocksOf } from './markdown.ts'
import { copyProject } from './project-copy.ts'

const document = 'docs/transactions.md'
const project = copyProject()
const database = await createTestDatabase()
const pool = createPool(database.url)
const ledger = createLedger({ app: 'content', operations, pool })
const prisma = new PrismaClient(prismaOptions(pool, { schema: 'content' }))
afterAll(async () => {
  await prisma.$disconnect()
  await ledger.close()
  await pool.end()
  await database.drop()
  project.remove()
})

/** The document's code of this step, as a module. */
async function moduleOf<Module>(step: string): Promise<Module> {
  const block = blocksOf(document).find(({ info }) => info.step === step)
  if (!block) throw new Error(`${document} has no step ${step}`)
  const file = `docs/transactions-${step}.ts`
  project.write(file, block.text)
  return import(pathToFileURL(path.join(project.root, file)).href)
}

async function contentsOf(ownerId: string): Promise<number> {
  const { rows } = await pool.query('SELECT FROM content.contents WHERE owner_id = $1', [ownerId])
  return rows.length
}

interface Request {
  readonly ownerId: string
  readonly title: string
  readonly body: string
  readonly nonce: string
}
type ContentLedger = Ledger<typeof operations>
type Published = Promise<Pick<OnceResult<PostedEntry, object>, 'entry' | 'balance' | 'replayed'>>
type Publish<App> = (app: { readonly ledger: ContentLedger } & App, request: Request) => Published

describe.each(['prisma', 'kysely', 'drizzle'] as const)('the code with %s', (library) => {
  test('publishes a content once for each nonce, and tells another content apart', async () => {
    const publish = {
      async prisma(request: Request) {
        const { publish } = await moduleOf<{ publish: Publish<{ prisma: PrismaClient }> }>('prisma')
        return publish({ ledger, prisma }, request)
      },
      async kysely(request: Request) {
        const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) })
        const { publishWithKysely } = await moduleOf<{ publishWithKysely: Publish<{ db: Kysely<object> }> }>(
          'kysely',
        )
        return publishWithKysely({ ledger, db }, request)
      },
      async drizzle(request: Request) {
        const db = drizzle({ client: pool })
        const { publishWithDrizzle } = await moduleOf<{ publishWithDrizzle: Publish<{ db: typeof db }> }>(
          'drizzle',
        )
        return publishWithDrizzle({ ledger, db }, request)
      },
    }[library]
    await ledger.postEntry({ ownerId: library, operation: 'CREDIT_ADD', amount: 10, nonce: 'credits' })
    const request = { ownerId: library, title: 'Title', body: 'Body', nonce: 'n' }
    const first = await publish(request)
    expect(first).toMatchObject({ entry: { amount: -5 }, balance: { amount: 5 }, replayed: false })
    expect(await publish(request)).toEqual({ ...first, replayed: true })
    await expect(publish({ ...request, title: 'Another' })).rejects.toMatchObject({
      code: 'DUPLICATE_NONCE',
      identical: false,
    })
    expect(await contentsOf(library)).toBe(1)
  })
})

test('the code with pg publishes a content once for each nonce', async () => {
  const { publishWithPg } = await moduleOf<{
    publishWithPg(ledger: ContentLedger, db: typeof pool, ownerId: string, nonce: string): Published
  }>('pg')
  await ledger.postEntry({ ownerId: 'pg', operation: 'CREDIT_ADD', amount: 10, nonce: 'credits' })
  const first = await publishWithPg(ledger, pool, 'pg', 'n')
  expect(first).toMatchObject({ entry: { amount: -5 }, replayed: false })
  expect(await publishWithPg(ledger, pool, 'pg', 'n')).toEqual({ ...first, replayed: true })
  expect(await contentsOf('pg')).toBe(1)
})

test('the code without rows posts once for each nonce', async () => {
  const { reward } = await moduleOf<{
    reward(ledger: ContentLedger, ownerId: string, nonce: string): Published
  }>('alone')
  const first = await reward(ledger, 'author', 'n')
  expect(first).toMatchObject({ entry: { operation: 'CONTENT_FEATURE', amount: 2 }, replayed: false })
  expect(await reward(ledger, 'author', 'n')).toEqual({ ...first, replayed: true })
})

test('the function for another library posts in its transaction', async () => {
  const { fromAny } = await moduleOf<{
    fromAny(transaction: { run(text: string, values: unknown[]): Promise<object[]> }): RunSql
  }>('function')
  const posted = await transactionsOf(pool)((client) => {
    const run = async (text: string, values: unknown[]) => (await client.query(text, values)).rows
    const input = { ownerId: 'any', operation: 'CREDIT_ADD', nonce: 'n' } as const
    return ledger.postEntry(input, { tx: fromAny({ run }) })
  })
  expect(await ledger.entryByNonce('any', 'n')).toEqual(posted.entry)
})
