import { describe, expect, test } from 'vitest'
import { proveEntry } from '../../src/checkpoint/index.ts'
import { createLedger } from '../../src/index.ts'
import { checkProof } from '../../src/proof/index.ts'
import { operations } from '../open-ledger.ts'
import { intruder, pool, seed, sql } from '../verify/seed.ts'
import { key, makeCheckpoint, rechain, strangersKey } from './stage.ts'

/** Returns a value as it is after JSON. */
const overJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('every entry of a checkpoint can be proven, and later postings change nothing', async () => {
  const { app } = await seed()
  await seed()
  const { checkpoint } = await makeCheckpoint()
  const ledger = createLedger({ app, operations, pool })
  const posted = await ledger.postEntry({ ownerId: 'ada', operation: 'CREDIT_ADD', nonce: 'later' })
  await ledger.close()
  if (!posted.ok) throw posted.error
  const { rows } = await sql.query(
    'SELECT id, seq::integer, owner_id AS "ownerId", amount::integer FROM ledger.entries WHERE app = $1 AND nonce <> $2',
    [app, 'later'],
  )
  expect(rows).toHaveLength(10)
  const publicKey = key.publicKey.export({ type: 'spki', format: 'pem' })
  for (const { id, ...expected } of rows) {
    const proof = overJson(await proveEntry(sql, { app, id, checkpoint }))
    expect(checkProof(proof, key.publicKey)).toMatchObject({
      ok: true,
      entry: { ...expected, id, app },
      provenOn: checkpoint.signed.createdOn,
    })
    expect(checkProof(proof, String(publicKey))).toMatchObject({ ok: true })
    expect(checkProof(proof, strangersKey.publicKey)).toMatchObject({ ok: false })
  }
  await expect(proveEntry(sql, { app, id: posted.entry.id, checkpoint })).rejects.toThrow(
    'is older than entry',
  )
})

test('reveals only hashes of later entries and of other accounts', async () => {
  const { app, first, given } = await seed()
  const { checkpoint } = await makeCheckpoint()
  const proof = await proveEntry(sql, { app, id: first.id, checkpoint })
  const text = JSON.stringify(proof)
  expect(proof.later).toHaveLength(6)
  for (const other of ['"bob"', given.transactionId, '"why"', '"refund"', '"capture"'])
    expect(text).not.toContain(other)
})

describe('any change of a proof is refused:', async () => {
  const { app, spent } = await seed()
  const { checkpoint } = await makeCheckpoint()
  const proof = overJson(await proveEntry(sql, { app, id: spent.id, checkpoint }))

  test('no change is accepted', () => expect(checkProof(proof, key.publicKey)).toMatchObject({ ok: true }))

  const changes = changesOf(proof)
  test.each(changes)('%s', (_what, changed) => {
    const check = checkProof(changed, key.publicKey)
    expect(check).toEqual({ ok: false, reason: expect.stringMatching(/^[A-Z].*\.$/) })
  })

  test.each([
    ['a string', 'proof'],
    ['nothing', null],
    ['an id beyond 64 bits', replaced(proof, ['entry', 'id'], '9'.repeat(30))],
    ['an unpaired surrogate', replaced(proof, ['entry', 'nonce'], '\ud800')],
  ])('%s', (_what, changed) => expect(checkProof(changed, key.publicKey)).toMatchObject({ ok: false }))

  test('there are several changes for each value of a proof', () =>
    expect(changes.length).toBeGreaterThan(60))
})

describe('cannot be made', () => {
  test('of an entry that does not exist', async () => {
    const { app } = await seed()
    const { checkpoint } = await makeCheckpoint()
    await expect(proveEntry(sql, { app, id: '999999999', checkpoint })).rejects.toThrow(
      'has no entry 999999999',
    )
    for (const id of ['x', '-1', '0', '1e3', '9'.repeat(30), '']) {
      await expect(proveEntry(sql, { app, id, checkpoint })).rejects.toThrow('is not the id of an entry')
    }
  })

  test('of another app’s entry by its id', async () => {
    const { first } = await seed()
    const { app } = await seed()
    const { checkpoint } = await makeCheckpoint()
    await expect(proveEntry(sql, { app, id: first.id, checkpoint })).rejects.toThrow(
      `has no entry ${first.id}`,
    )
  })

  test('when the history differs from the checkpoint', async () => {
    const { app, first, spent } = await seed()
    const { checkpoint } = await makeCheckpoint()
    await intruder.query("UPDATE ledger.entries SET nonce = 'x' WHERE app = $1 AND id = $2", [app, spent.id])
    const prove = (id: string) => proveEntry(sql, { app, id, checkpoint })
    await expect(prove(spent.id)).rejects.toThrow('is not the one that')
    await expect(prove(first.id)).rejects.toThrow('is not the one that')
    await rechain(app)
    await expect(prove(first.id)).rejects.toThrow('is not the one that')
    await intruder.query('DELETE FROM ledger.entries WHERE app = $1 AND id <> $2', [app, first.id])
    await expect(prove(first.id)).rejects.toThrow('is not the one that')
  })
})

type Path = readonly (string | number)[]

/** Returns copies of a JSON value, each with one change. */
function changesOf(whole: unknown): [string, unknown][] {
  const changes: [string, unknown][] = []
  const visit = (value: unknown, at: Path) => {
    const change = (what: string, other: unknown) =>
      changes.push([`${at.join('.') || 'the whole'}: ${what}`, replaced(whole, at, other)])
    if (typeof value === 'string') {
      change('a character more', `${value}0`)
      if (value !== '') {
        change('its first character another', (value.startsWith('1') ? '2' : '1') + value.slice(1))
        change('its last character another', value.slice(0, -1) + (value.endsWith('1') ? '2' : '1'))
        change('its last character gone', value.slice(0, -1))
      }
      change('nothing', null)
    } else if (typeof value === 'number') {
      for (const other of [value + 1, value - 1, -value || 7, value + 0.5]) change(`${other}`, other)
    } else if (value === null) {
      change('an id', '1')
    } else if (Array.isArray(value)) {
      change('one more', [...value, value[0] ?? 'a'.repeat(64)])
      if (value.length > 0) change('one less', value.slice(1))
      if (value.length > 1) change('in another order', value.toReversed())
      for (const [index, part] of value.entries()) visit(part, [...at, index])
    } else if (typeof value === 'object') {
      change('a member more', { ...value, more: 'x' })
      for (const [name, part] of Object.entries(value)) {
        visit(part, [...at, name])
        const { [name]: _gone, ...others } = Object.fromEntries(Object.entries(value))
        change(`without ${name}`, others)
      }
    }
  }
  visit(whole, [])
  return changes
}

/** Returns a copy of a JSON value with another value at one place. */
function replaced(value: unknown, [name, ...deeper]: Path, other: unknown): unknown {
  if (name === undefined) return other
  if (Array.isArray(value)) {
    return value.map((part, index) => (index === name ? replaced(part, deeper, other) : part))
  }
  const members = Object.entries(value ?? {})
  return Object.fromEntries(
    members.map(([key, part]) => [key, key === name ? replaced(part, deeper, other) : part]),
  )
}
