import type pg from 'pg'
import { onEveryNode } from '../cluster/every-node.ts'

/**
 * Functions that the ledger's indexes are searched with. They reveal nothing about their arguments: one counts nulls,
 * the other compares the beginnings of texts. PostgreSQL does not know this. Under row-level security it then does not
 * use the index, and a role would read all of an owner's entries instead of a page.
 */
const functions = ['pg_catalog.num_nonnulls("any")', 'pg_catalog.starts_with(text, text)']

const leaking = `
  SELECT count(*) FROM pg_proc p
   WHERE p.oid = ANY (ARRAY[${functions.map((name) => `'${name}'`).join(', ')}]::regprocedure[]) AND NOT p.proleakproof`

const makeLeakproof = `
  DO $$ BEGIN
    ${functions.map((name) => `ALTER FUNCTION ${name} LEAKPROOF;`).join(' ')}
  EXCEPTION WHEN insufficient_privilege THEN NULL; -- what is still missing is told
  END $$`

/**
 * Lets the apps' roles use these indexes in this database, as the owner does, on each node of a cluster. Returns what
 * this user may not do.
 */
export async function searchByIndexes(connection: pg.ClientBase): Promise<string[]> {
  if (!(await isLeaking(connection))) return []
  await onEveryNode(connection, makeLeakproof)
  if (!(await isLeaking(connection))) return []
  return [
    'Pages of entries by operation, and of accounts by prefix, take longer: run this command as a superuser once.',
  ]
}

async function isLeaking(connection: pg.ClientBase): Promise<boolean> {
  const answers = await onEveryNode(connection, leaking)
  return answers.some(({ text }) => text !== '0')
}
