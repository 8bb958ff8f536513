import { expect, test } from 'vitest'
import { proveEntry } from '../../src/checkpoint/index.ts'
import { checkProof } from '../../src/proof/index.ts'
import { verifyLedger } from '../../src/verify/verify.ts'
import { seedBooks } from '../verify/books-seed.ts'
import { intruder, sql } from '../verify/seed.ts'
import { key, makeCheckpoint, rechain } from './stage.ts'

test('a checkpoint has the accounts of further and shared books, and stays right after postings of both apps', async () => {
  const { maker, guest, gems, ofMaker, ofGuest } = await seedBooks()
  const { checkpoint } = await makeCheckpoint()
  expect([...checkpoint.books]).toEqual(expect.arrayContaining([maker, guest, gems]))
  await ofMaker.postEntry({ ownerId: 'ada', operation: 'GEM_GAIN', amount: 1, nonce: 'later' })
  await ofGuest.postEntry({ ownerId: 'ada', operation: 'TIP', amount: 1, nonce: 'later' })
  await ofGuest.postEntry({ ownerId: 'bob', operation: 'GIFT', amount: 1, nonce: 'later' })
  const { broken } = await verifyLedger(sql, { apps: [maker, guest], checkpoints: [checkpoint] })
  expect(broken).toEqual([])
})

test("another app's entry that was changed, with all later hashes, is found in the book of its maker", async () => {
  const { maker, guest, gems, tip, meal } = await seedBooks()
  const { checkpoint } = await makeCheckpoint()
  const change = (id: string) =>
    intruder.query('UPDATE ledger.entries SET metadata = \'{"why": "other"}\' WHERE app = $1 AND id = $2', [
      guest,
      id,
    ])
  const differing = async () => {
    const { broken } = await verifyLedger(sql, { apps: [maker, guest], checkpoints: [checkpoint] })
    return broken.flatMap(({ app, question, rows }) => rows.map((row) => [app, question, row.broken]))
  }
  await change(tip.id)
  await rechain(gems)
  expect(await differing()).toEqual([[maker, 'checkpoint', `account "ada" in ${gems}`]])
  await change(meal.id)
  await rechain(maker)
  expect(await differing()).toEqual([
    [maker, 'checkpoint', 'account "ada"'],
    [maker, 'checkpoint', `account "ada" in ${gems}`],
  ])
})

test('an account of a further book that is gone is found, and so is a book that is gone', async () => {
  const { maker, gems } = await seedBooks()
  const { checkpoint } = await makeCheckpoint()
  await intruder.query('DELETE FROM ledger.accounts WHERE book = $1', [gems])
  const missing = { found: 'no account', expected: 'an account with 5 entries' }
  const found = async (app: string) => {
    const { broken } = await verifyLedger(sql, { apps: [app], checkpoints: [checkpoint] })
    return broken.find(({ question }) => question === 'checkpoint')?.rows
  }
  expect(await found(maker)).toEqual([{ broken: `account "ada" in ${gems}`, ...missing }])
  await intruder.query('DELETE FROM ledger.books WHERE book = $1', [gems])
  expect(await found(gems)).toEqual([{ broken: 'account "ada"', ...missing }])
})

test('every entry of both apps can be proven, and a proof has only hashes of other entries', async () => {
  const { maker, guest, meal, tip, last } = await seedBooks()
  const { checkpoint } = await makeCheckpoint()
  const { rows } = await sql.query<{ app: string; id: string }>(
    'SELECT app, id FROM ledger.entries WHERE app = ANY ($1)',
    [[maker, guest]],
  )
  expect(rows).toHaveLength(13)
  for (const entry of rows) {
    const proof = JSON.parse(JSON.stringify(await proveEntry(sql, { ...entry, checkpoint })))
    expect(checkProof(proof, key.publicKey)).toMatchObject({ ok: true, entry })
  }
  for (const [app, id] of [
    [guest, tip.id],
    [guest, meal.id],
  ] as const) {
    const { entry, ...others } = await proveEntry(sql, { app, id, checkpoint })
    expect(entry).toMatchObject({ app: guest, id })
    expect(others.later.length).toBeGreaterThan(2)
    const hashes = JSON.stringify(others).replaceAll(/[0-9a-f]{64}/g, '')
    for (const secret of [maker, '"ada"', 'CREDIT_SPEND', 'GEM_', last.transactionId, 'sale']) {
      expect(hashes).not.toContain(secret)
    }
  }
  await expect(proveEntry(sql, { app: maker, id: tip.id, checkpoint })).rejects.toThrow(
    `has no entry ${tip.id}`,
  )
})
