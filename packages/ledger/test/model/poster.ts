import type pg from 'pg'
import { createShards } from '../../src/cluster/shards.ts'
import { readBounds } from '../../src/database/bounds.ts'
import { createLedgerClient } from '../../src/database/database.ts'
import { prismaSql } from '../../src/database/sql.ts'
import { createAtWork } from '../../src/posting/at-work.ts'
import type { Draft } from '../../src/posting/draft.ts'
import { createPost } from '../../src/posting/post.ts'
import { createFinders } from '../../src/reading/finders.ts'
import { rowReader } from '../../src/rows.ts'
import { type Operation, operations } from './operations.ts'

export type Poster = ReturnType<typeof openPoster>

/** Posts drafts for one app on one process's connections, as a ledger does: single ones go through its batcher. */
export function openPoster(app: string, pool: pg.Pool, { append = true } = {}) {
  const client = createLedgerClient(pool)
  const sql = prismaSql(client)
  const shards = createShards(pool, sql)
  const find = createFinders(app)
  const post = createPost<Operation>({
    ...{ app, find, rows: rowReader(operations), own: sql, shards },
    patienceMs: readBounds().lock,
    append,
    report: () => {},
    wakeUp: () => {},
    atWork: createAtWork(),
  })
  return {
    sql,
    find,
    async post(drafts: readonly Draft[], { dryRun } = { dryRun: false }) {
      const [draft] = drafts
      if (draft && drafts.length === 1 && !dryRun) return [await post.one(sql, { draft, dryRun })]
      return post.alone(sql, drafts, dryRun)
    },
    async close() {
      await Promise.all([client.$disconnect(), shards.close()])
    },
  }
}
