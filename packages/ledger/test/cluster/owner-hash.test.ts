import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ownerHash } from '../../src/cluster/owner-hash.ts'
import { openLedger } from '../open-ledger.ts'

const { sql } = await openLedger()

/** Returns the hashes by which Citus chooses shards. */
async function hashes(ownerIds: readonly string[]): Promise<number[]> {
  const { rows } = await sql.query<{ hash: number }>(
    'SELECT hashtext(o.id COLLATE "C") AS hash FROM unnest($1::text[]) WITH ORDINALITY o (id, place) ORDER BY o.place',
    [[...ownerIds]],
  )
  return rows.map(({ hash }) => hash)
}

test('an owner has the hash that PostgreSQL has, at each length up to 255 characters', async () => {
  const ownerIds = Array.from({ length: 255 }, (_, length) =>
    'ab😀é'
      .repeat(64)
      .slice(0, length + 1)
      .toWellFormed(),
  )
  expect(ownerIds.map(ownerHash)).toEqual(await hashes(ownerIds))
})

test('random owners have the hashes that PostgreSQL has', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
  const ownerIds = fc.array(
    text.map((id) => id.replaceAll('\0', '0')),
    { minLength: 1, maxLength: 200 },
  )
  await fc.assert(
    fc.asyncProperty(ownerIds, async (ids) => {
      expect(ids.map(ownerHash)).toEqual(await hashes(ids))
    }),
    { numRuns: 20 },
  )
})
