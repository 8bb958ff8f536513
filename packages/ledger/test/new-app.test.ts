import { expect, test } from 'vitest'
import { sharedOperations } from '../src/index.ts'
import { stateOf } from './app-state.ts'
import { openLedger, postBySql } from './open-ledger.ts'

const { sql, ledger } = await openLedger()

test('ledger.set_operations makes the partition of a new app while others post', async () => {
  const add = { ownerId: 'ada', operation: 'CREDIT_ADD' } as const
  const shared = Object.keys(sharedOperations)
  expect(await ledger.postEntry({ ...add, nonce: 'before' })).toMatchObject({ ok: true })
  const other = await stateOf(sql, 'content')
  await sql.query('BEGIN')
  await sql.query('SELECT ledger.set_operations($1, $2)', ['newcomer', shared])
  // The migration is not committed yet. The other app neither waits nor sees it.
  expect(await ledger.postEntry({ ...add, nonce: 'meanwhile' })).toMatchObject({ ok: true })
  await sql.query('COMMIT')
  expect(await stateOf(sql, 'newcomer')).toMatchObject({ operations: shared })
  expect(await stateOf(sql, 'content')).toEqual(other)
  expect(await postBySql(sql, { app: 'newcomer' })).toMatchObject({ outcome: 'posted' })
})
