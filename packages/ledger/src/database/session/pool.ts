import type pg from 'pg'
import { readBounds } from '../bounds.ts'
import { query } from '../database-errors.ts'
import { assertSession } from './check.ts'
import { directNeeded, directUrl, isPooled, isRefusedStartup } from './pooler.ts'
import { sessionBounds } from './settings.ts'

/**
 * Checks a pool's sessions before its first use.
 *
 * @throws Error that says what to do about PostgreSQL, the role or a pooler
 * @throws DatabaseUnavailableError when the database is away
 */
export async function assertPool(pool: pg.Pool): Promise<void> {
  const connection = await query(() => pool.connect().catch(explainRefusal))
  try {
    if (!directUrl() && (await isPooled(connection))) throw directNeeded()
    await assertSession(connection, boundsOf(pool))
  } finally {
    connection.release()
  }
}

function explainRefusal(error: unknown): never {
  if (!isRefusedStartup(error)) throw error
  if (!directUrl()) throw directNeeded()
  throw new Error(
    `DATABASE_URL leads to a pooler that refuses our settings: ${error.message}. Have it ignore them (PgBouncer: ` +
      `ignore_startup_parameters = ${['options', ...boundNames()].join(', ')}), and start again. The start then says what the role needs in ` +
      'their place.',
  )
}

/** Returns the pool's time limits, which its sessions must have in addition. A limit of 0 or none is left out. */
function boundsOf({ options }: pg.Pool): Record<string, string> {
  const given = boundNames().map((name) => [name, Reflect.get(options, name)] as const)
  return Object.fromEntries(given.filter(([, ms]) => ms).map(([name, ms]) => [name, String(ms)]))
}

const boundNames = () => Object.keys(sessionBounds(readBounds()))
