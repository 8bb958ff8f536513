import { rowsOf } from './attached.ts'

/** Returns everything of one app that a migration of another app must not change, from the catalogues. */
export async function snapshotOf(url: string, app: string): Promise<unknown> {
  const [relations, constraints, history, declared] = await Promise.all([
    rowsOf(
      url,
      `SELECT c.oid, c.relname, c.relkind, c.relfilenode, c.relnamespace::regnamespace::text AS schema
         FROM pg_class c
        WHERE c.relnamespace = to_regnamespace($1) OR c.relname LIKE 'entries\\_' || $1 || '%'
        ORDER BY c.oid`,
      [app],
    ),
    rowsOf(
      url,
      `SELECT oid, conname, convalidated, pg_get_constraintdef(oid) AS definition
         FROM pg_constraint WHERE conrelid = to_regclass('ledger.entries_' || $1) ORDER BY oid`,
      [app],
    ),
    rowsOf(url, `SELECT xmin::text, h::text AS row FROM ${app}._prisma_migrations h ORDER BY id`),
    rowsOf(url, 'SELECT xmin::text, operations FROM ledger.apps WHERE app = $1', [app]),
  ])
  return { relations, constraints, history, declared }
}
