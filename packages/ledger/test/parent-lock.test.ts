import { expect, test } from 'vitest'
import { openLedger } from './open-ledger.ts'

const { ledger, sql } = await openLedger()

const add = (ownerId: string, nonce: string) =>
  ({ ownerId, operation: 'CREDIT_ADD', amount: 1, nonce }) as const

test.each([
  ['a list', () => ledger.postEntries(['n1', 'n2'].map((nonce) => add('moved', nonce)))],
  ['a dry run', () => ledger.postEntry({ ...add('moved', 'dry'), dryRun: true })],
  [
    'a hold',
    () => ledger.holdCredits({ ...add('moved', 'hold'), operation: 'CREDIT_SPEND', expiresIn: 60_000 }),
  ],
] as const)('%s and a migration that changes the partitions never wait for each other', async (_, post) => {
  await ledger.postEntry(add('moved', 'first'))
  await sql.query('BEGIN; LOCK TABLE ONLY ledger.entries IN ACCESS EXCLUSIVE MODE')
  const posted = post()
  const waiting = async () => {
    const { rows } = await sql.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE d.datname = current_database() AND NOT l.granted`,
    )
    return rows[0]?.count
  }
  await expect.poll(waiting).toBe(1)
  await sql.query('LOCK TABLE ONLY ledger.entries_content IN ACCESS EXCLUSIVE MODE; COMMIT')
  for (const result of [await posted].flat()) expect(result).toMatchObject({ ok: true })
})
