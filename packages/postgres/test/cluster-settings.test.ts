import { expect, test } from 'vitest'
import { wrongSettingsOf } from '../src/cluster/settings.ts'
import { withConnection } from '../src/connection.ts'
import { startTemporaryPostgres } from '../src/testing/index.ts'

const told = async (settings: Readonly<Record<string, string>>) => {
  const postgres = await startTemporaryPostgres({ settings })
  try {
    return await withConnection(postgres.url('postgres'), wrongSettingsOf)
  } finally {
    await postgres.remove()
  }
}

test('what a node of a cluster needs of its configuration is told with what to set', async () => {
  expect(
    await told({ wal_level: 'replica', max_worker_processes: '8', max_prepared_transactions: '0' }),
  ).toEqual([
    'PostgreSQL: wal_level is replica. Set it to logical: otherwise shards do not move while their owners post.',
    'PostgreSQL: max_worker_processes is 8. Set it to 16 or more: otherwise shards may not move.',
    'PostgreSQL: max_prepared_transactions is 0. Set it to at least max_connections: otherwise transfers between nodes fail when many are under way.',
  ])
  const right = { wal_level: 'logical', max_worker_processes: '16', max_prepared_transactions: '1000' }
  expect(await told(right)).toEqual([])
})
