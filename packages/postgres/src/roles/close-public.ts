import pg from 'pg'
import { onEveryNode } from '../cluster/every-node.ts'
import { codeOf } from '../errors.ts'

/**
 * Functions of PostgreSQL that everybody may call and no app needs. Large objects and logical messages fill the disk.
 * Migrations wait for each other with advisory locks.
 */
const closed = '^(lo_.*|loread|lowrite|pg_(try_)?advisory_.*|pg_logical_emit_message)$'

const openFunctions = `
  pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '${closed}'
              AND has_function_privilege('public', p.oid, 'EXECUTE')`

/** When the user may not revoke a right, PostgreSQL only warns. */
const closeFunctions = `
  DO $$
  DECLARE
    open text := (SELECT string_agg(p.oid::regprocedure::text, ', ') FROM ${openFunctions});
  BEGIN
    IF open IS NOT NULL THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', open, (SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'ledger'));
      EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', open);
    END IF;
  EXCEPTION WHEN insufficient_privilege THEN NULL; -- what is still open is told
  END $$`

/**
 * Takes from PUBLIC, and so from every app's role, what no app needs in this database: temporary tables, objects in
 * schema public, and some of PostgreSQL's functions, on each node of a cluster. The ledger's owner keeps these rights.
 * Returns what this user may not revoke.
 */
export async function closePublic(connection: pg.ClientBase): Promise<string[]> {
  const left: string[] = []
  const { rows } = await connection.query<{
    database: string
    owner: string
    open: boolean
    creates: boolean
  }>(`
    SELECT current_database() AS database, (SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'ledger') AS owner,
           has_database_privilege('public', current_database(), 'TEMP, CREATE') AS open,
           coalesce(has_schema_privilege('public', to_regnamespace('public'), 'CREATE'), false) AS creates`)
  const { database = '', owner = '', open = false, creates = false } = rows[0] ?? {}
  const take = async (statement: string) => {
    if (!(await isTaken(connection, statement))) left.push(`${statement};`)
  }
  if (open) {
    const whose = `ON DATABASE ${pg.escapeIdentifier(database)}`
    // The ledger's migrations use temporary tables.
    await take(`GRANT TEMPORARY ${whose} TO ${owner}; REVOKE TEMPORARY, CREATE ${whose} FROM PUBLIC`)
  }
  if (creates) await take('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
  if (await areFunctionsOpen(connection)) await onEveryNode(connection, closeFunctions)
  if (await areFunctionsOpen(connection))
    left.push(
      'large objects, advisory locks and pg_logical_emit_message: run this command as a superuser once',
    )
  return left
}

async function areFunctionsOpen(connection: pg.ClientBase): Promise<boolean> {
  const answers = await onEveryNode(connection, `SELECT count(*) FROM ${openFunctions}`)
  return answers.some(({ text }) => text !== '0')
}

/** Runs a REVOKE and returns whether it worked. When the user may not revoke, PostgreSQL only warns. */
async function isTaken(connection: pg.ClientBase, statement: string): Promise<boolean> {
  let isWarned = false
  const hear = () => {
    isWarned = true
  }
  connection.on('notice', hear)
  try {
    await connection.query(statement)
    return !isWarned
  } catch (error) {
    if (codeOf(error) === '42501') return false
    throw error
  } finally {
    connection.off('notice', hear)
  }
}
