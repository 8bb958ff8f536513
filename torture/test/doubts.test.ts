import { withConnection } from '@shared-ledger/postgres'
import { startTemporaryPostgres } from '@shared-ledger/postgres/testing'
import { afterAll, expect, test } from 'vitest'
import { Doubts } from '../doubts.ts'
import { controlled } from '../servers/postgres.ts'

const server = await startTemporaryPostgres({ settings: { max_prepared_transactions: '4' } })
const node = controlled({ ...server, name: 'worker-1', url: server.url('postgres') })
afterAll(() => server.remove())

const send = (statements: string) => withConnection(node.url, (sql) => sql.query(statements))

test('a transaction that stays prepared is in doubt, also while its node is away, until it is finished', async () => {
  const doubts = new Doubts([node])
  try {
    expect(await doubts.left(0)).toEqual([])
    await send("BEGIN; CREATE TABLE half (); PREPARE TRANSACTION 'citus_0_1'")
    await expect.poll(() => doubts.inDoubtMs.length).toBe(1)
    expect(await doubts.left(0)).toEqual(['citus_0_1 on worker-1'])
    await server.stop()
    expect(await doubts.left(0)).toEqual([expect.stringMatching(/^worker-1 does not say: /)])
    await node.bringUp()
    expect(await doubts.left(0)).toEqual(['citus_0_1 on worker-1'])
    await send("COMMIT PREPARED 'citus_0_1'")
    expect(await doubts.left(performance.now() + 60_000)).toEqual([])
    expect(doubts.seen).toBe(1)
    expect(doubts.seenAt).toBeGreaterThan(0)
  } finally {
    await doubts.end()
  }
})
