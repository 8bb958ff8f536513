import type pg from 'pg'
import { expect } from 'vitest'
import { LedgerConnection } from '../../src/database/connection.ts'
import type { Tx } from '../transactions/ways.ts'

/** Makes the connections that a pool opens from now on lose answers to COMMIT, after PostgreSQL has sent them. */
export function commitLosses(pool: pg.Pool): { loseNext(): void } {
  let toLose = 0
  pool.on('connect', (client) => {
    if (!(client instanceof LedgerConnection)) throw new Error('not a connection of the ledger')
    const { stream } = client.connection
    client.query = new Proxy(client.query, {
      apply(query, connection, args: [string | { text?: string }]) {
        const text = typeof args[0] === 'string' ? args[0] : args[0].text
        if (toLose > 0 && /^commit/i.test(text ?? '')) {
          toLose -= 1
          stream.removeAllListeners('data')
          stream.once('data', () => stream.destroy())
        }
        return Reflect.apply(query, connection, args)
      },
    })
  })
  return {
    loseNext() {
      toLose += 1
    },
  }
}

/** Ends the connection of a transaction, and waits until PostgreSQL has rolled it back. */
export async function endConnectionOf({ run }: Tx, pool: pg.Pool): Promise<void> {
  const name = crypto.randomUUID()
  const session = () => pool.query('SELECT pid FROM pg_stat_activity WHERE application_name = $1', [name])
  await run(`SET application_name = '${name}'`)
  const { rows } = await session()
  await pool.query('SELECT pg_terminate_backend($1::int)', [rows[0]?.pid])
  await expect.poll(async () => (await session()).rowCount).toBe(0)
}
