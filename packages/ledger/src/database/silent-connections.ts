import type pg from 'pg'
import { LedgerConnection } from './connection.ts'

/**
 * Closes idle connections of a pool that a network has probably lost. When one answer does not come in time, the
 * connections that were silent since its statement was sent are probably lost too. Each would make another statement
 * wait as long.
 */
export function closeSilent(pool: pg.Pool): void {
  const idle = new Set<LedgerConnection>()
  const closeThoseOf = (sentAt: number) => {
    for (const connection of idle) if (connection.heardAt < sentAt) connection.connection.stream.destroy()
  }
  pool.on('connect', (client) => {
    if (client instanceof LedgerConnection) client.onSilence = closeThoseOf
  })
  pool.on('release', (_error, client) => {
    if (client instanceof LedgerConnection) idle.add(client)
  })
  const forget = (client: pg.PoolClient) => {
    if (client instanceof LedgerConnection) idle.delete(client)
  }
  pool.on('acquire', forget)
  pool.on('remove', forget)
}
