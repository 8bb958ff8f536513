import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type Checkpoint,
  openCheckpoint,
  readPublicKey,
  writeCheckpoint,
} from '../../src/checkpoint/index.ts'
import { createLedger } from '../../src/index.ts'
import { verifyLedger } from '../../src/verify/verify.ts'
import { operations } from '../open-ledger.ts'
import { intruder, pool, type Seed, seed, sql } from '../verify/seed.ts'
import { key, makeCheckpoint, newFile, rechain, strangersKey } from './stage.ts'

const hash = /hash [0-9a-f]{64} at seq \d+/

/** Posts to ada, bob and a new owner. */
async function postMore(app: string): Promise<void> {
  const ledger = createLedger({ app, operations, pool })
  for (const ownerId of ['ada', 'bob', 'new']) {
    const { ok } = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce: crypto.randomUUID() })
    expect(ok).toBe(true)
  }
  await ledger.close()
}

test('has every account of every app in order, and stays right after later postings', async () => {
  const { app } = await seed()
  const { file, checkpoint } = await makeCheckpoint()
  const accounts: string[] = []
  for await (const { book, ownerId, seq, head } of checkpoint.accounts()) {
    accounts.push([book, ownerId, seq, head.toString('hex')].join())
  }
  const { rows } = await sql.query(
    "SELECT concat_ws(',', book, owner_id, seq, encode(head, 'hex')) AS line FROM ledger.accounts ORDER BY book, owner_id",
  )
  expect(accounts).toEqual(rows.map(({ line }) => line))
  expect(checkpoint.signed.accounts).toBe(accounts.length)
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(accounts.length + 3)

  await postMore(app)
  const later = await makeCheckpoint(strangersKey.privateKey)
  await postMore(app)
  const checkpoints = [checkpoint, later.checkpoint]
  const { answers, broken } = await verifyLedger(sql, { apps: [app], checkpoints })
  expect(broken).toEqual([])
  expect(answers.filter(({ question }) => question === 'checkpoint')).toHaveLength(2)
})

describe('finds what a superuser did who also recomputed every hash:', () => {
  const account = (ownerId: string) => ({ broken: `account "${ownerId}"` })
  const ofAda = {
    ...account('ada'),
    found: expect.stringMatching(hash),
    expected: expect.stringMatching(hash),
  }
  const changes: [string, string, (seeded: Seed) => readonly unknown[], object][] = [
    [
      'another amount',
      'UPDATE ledger.entries SET amount = amount + 1, balance_after = balance_after + 1 WHERE app = $1 AND id = $2',
      ({ app, first }) => [app, first.id],
      ofAda,
    ],
    [
      'other metadata',
      `UPDATE ledger.entries SET metadata = '{"why": "other"}' WHERE app = $1 AND id = $2`,
      ({ app, spent }) => [app, spent.id],
      ofAda,
    ],
    [
      'another time',
      'UPDATE ledger.entries SET created_on = $3 WHERE app = $1 AND id = $2',
      ({ app, first }) => [app, first.id, new Date(0)],
      ofAda,
    ],
    [
      'an entry that is gone from the middle',
      `WITH gone AS (DELETE FROM ledger.entries WHERE app = $1 AND id = $2)
       UPDATE ledger.entries SET seq = seq - 1 WHERE app = $1 AND owner_id = 'ada' AND seq > $3`,
      ({ app, spent }) => [app, spent.id, spent.seq],
      { ...account('ada'), found: 'no entry of seq 7', expected: expect.stringMatching(hash) },
    ],
    [
      'an entry that is gone from the end',
      'DELETE FROM ledger.entries WHERE app = $1 AND id = $2',
      ({ app, capture }) => [app, capture.id],
      { ...account('ada'), found: 'no entry of seq 7' },
    ],
    [
      'an account that is gone with its entries',
      `WITH gone AS (DELETE FROM ledger.accounts WHERE book = $1 AND owner_id = 'bob')
       DELETE FROM ledger.entries WHERE app = $1 AND owner_id = 'bob'`,
      ({ app }) => [app],
      { ...account('bob'), found: 'no account', expected: 'an account with 3 entries' },
    ],
    [
      'an account with another name',
      `WITH account AS (DELETE FROM ledger.accounts WHERE book = $1 AND owner_id = 'bob' RETURNING *),
       entries AS (DELETE FROM ledger.entries WHERE app = $1 AND owner_id = 'bob' RETURNING *),
       renamed AS (
         INSERT INTO ledger.accounts
         SELECT book, 'bert', balance, overdraft, held, holds_expire_on, seq, created_on, updated_on, head FROM account
       )
       INSERT INTO ledger.entries
       SELECT app, book, 'bert', seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
              reverses, refunds, hold_id, hash
         FROM entries`,
      ({ app }) => [app],
      { ...account('bob'), found: 'no account' },
    ],
    [
      'an entry of the past that was put at the end',
      `INSERT INTO ledger.entries
       SELECT app, book, owner_id, 4, 1000000, operation, 0, balance_after, 'x', 1, transaction_id, metadata,
              created_on - interval '2 hours', NULL, NULL, NULL, hash
         FROM ledger.entries WHERE app = $1 AND owner_id = 'bob' AND seq = 3`,
      ({ app }) => [app],
      {
        broken: 'entry 1000000 (seq 4 of "bob")',
        expected: expect.stringMatching(/^created_on after the checkpoint/),
      },
    ],
    [
      'an account of the past that was not there',
      `WITH made AS (
         INSERT INTO ledger.accounts (book, owner_id, seq, created_on, updated_on, head)
         SELECT book, 'carl', 1, created_on, updated_on, head FROM ledger.accounts WHERE book = $1 AND owner_id = 'bob'
       )
       INSERT INTO ledger.entries
       SELECT app, book, 'carl', 1, 1000001, operation, 0, 0, 'x', 1, transaction_id, metadata,
              created_on - interval '2 hours', NULL, NULL, NULL, hash
         FROM ledger.entries WHERE app = $1 AND owner_id = 'bob' AND seq = 1`,
      ({ app }) => [app],
      { broken: 'entry 1000001 (seq 1 of "carl")' },
    ],
  ]
  test.each(changes)('%s', async (_what, statement, values, row) => {
    const seeded = await seed()
    const { app } = seeded
    const { checkpoint } = await makeCheckpoint()
    await postMore((await seed()).app) // of another app
    expect((await intruder.query(statement, [...values(seeded)])).rowCount).toBeGreaterThan(0)
    await rechain(app)
    const { answers } = await verifyLedger(sql, { apps: [app], checkpoints: [checkpoint] })
    const answerOf = (wanted: string) => answers.find(({ question }) => question === wanted)
    expect(answerOf('checkpoint')?.rows).toContainEqual(expect.objectContaining(row))
    expect(answerOf('chain')).toMatchObject({ count: 0 }) // the chain alone shows nothing any more
  })

  test('all rows of an app deleted', async () => {
    const { app } = await seed()
    const { checkpoint } = await makeCheckpoint()
    await intruder.query('DELETE FROM ledger.entries WHERE app = $1', [app])
    await intruder.query('DELETE FROM ledger.holds WHERE app = $1', [app])
    await intruder.query('DELETE FROM ledger.accounts WHERE book = $1', [app])
    await intruder.query('DELETE FROM ledger.books WHERE book = $1', [app])
    await intruder.query('DELETE FROM ledger.apps WHERE app = $1', [app])
    const { broken } = await verifyLedger(sql, { apps: [app], checkpoints: [checkpoint] })
    expect(broken).toMatchObject([{ app, question: 'checkpoint', count: 2 }])
    await expect(verifyLedger(sql, { apps: [app] })).rejects.toThrow(`no app "${app}"`)
  })
})

test('if the hashes were left alone, verify names the entry, and the checkpoint adds nothing', async () => {
  const { app, spent } = await seed()
  const { checkpoint } = await makeCheckpoint()
  await intruder.query('UPDATE ledger.entries SET nonce = $3 WHERE app = $1 AND id = $2', [
    app,
    spent.id,
    'x',
  ])
  const { broken } = await verifyLedger(sql, { apps: [app], checkpoints: [checkpoint] })
  expect(broken.map(({ question }) => question)).toContain('chain')
  expect(broken.map(({ question }) => question)).not.toContain('checkpoint')
})

describe('a file is refused', async () => {
  await seed()
  const { file } = await makeCheckpoint()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const open = (text: string, keys = [key.publicKey]) => {
    const changed = newFile()
    writeFileSync(changed, text)
    return openCheckpoint(changed, keys)
  }
  const withLines = (change: (lines: string[]) => string[]) => `${change([...lines]).join('\n')}\n`

  const second = lines[2] ?? ''
  const last = lines.at(-1) ?? ''
  const tampered: [string, string, string][] = [
    ['with another seq', withLines((all) => all.with(1, bumped(all[1] ?? '', 'seq'))), 'it was changed'],
    [
      'with another owner',
      withLines((all) => all.with(1, (all[1] ?? '').replace('ada', 'adb'))),
      'it was changed',
    ],
    ['with another head', withLines((all) => all.with(1, rehashed(all[1] ?? '', 'head'))), 'it was changed'],
    ['without an account', withLines((all) => all.toSpliced(1, 1)), 'it was changed'],
    ['with an account twice', withLines((all) => all.toSpliced(1, 0, all[1] ?? '')), 'not in order'],
    [
      'with accounts in another order',
      withLines((all) => all.with(1, second).with(2, all[1] ?? '')),
      'not in order',
    ],
    [
      'with another date',
      withLines((all) => all.with(0, (all[0] ?? '').replace('20', '21'))),
      'it was changed',
    ],
    [
      'with another number of accounts',
      withLines((all) => all.with(-1, bumped(last, 'accounts'))),
      'it was changed',
    ],
    ['with another root', withLines((all) => all.with(-1, rehashed(last, 'root'))), 'it was changed'],
    [
      'of a signature that is none',
      withLines((all) => all.with(-1, last.replace('signature":"', 'signature":"AAAA'))),
      'it was changed',
    ],
    ['that was cut off', withLines((all) => all.slice(0, -1)), 'it is incomplete'],
    ['that goes on', withLines((all) => [...all, second]), 'it goes on'],
    [
      'with a word more in an account',
      withLines((all) => all.with(1, second.replace('{', '{"more":1,'))),
      'neither',
    ],
    ['that is none', '{}\n', 'does not begin'],
    ['that is empty', '', 'it is incomplete'],
    [
      'of another version',
      withLines((all) => all.with(0, (all[0] ?? '').replace('"version":1', '"version":2'))),
      'does not begin',
    ],
  ]
  test.each(tampered)('%s', async (_what, text, problem) => {
    await expect(open(text)).rejects.toThrow(new RegExp(`is refused: .*${problem}`))
  })

  test('that was signed with another key, or does not exist', async () => {
    await expect(openCheckpoint(file, [strangersKey.publicKey])).rejects.toThrow(
      'it was signed by another key',
    )
    const strangers = newFile()
    await writeCheckpoint(sql, { file: strangers, privateKey: strangersKey.privateKey })
    await expect(openCheckpoint(strangers, [key.publicKey])).rejects.toThrow('it was signed by another key')
    const claimed = readFileSync(strangers, 'utf8').replace(
      /"key":"[0-9a-f]+"/,
      last.match(/"key":"[0-9a-f]+"/)?.[0] ?? '',
    )
    await expect(open(claimed)).rejects.toThrow('it was changed after it was signed')
    await expect(openCheckpoint(newFile(), [key.publicKey])).rejects.toThrow('ENOENT')
  })

  test('unless it is the file that was signed', async () => {
    const checkpoint = await open(withLines((all) => all))
    expect(await readAll(checkpoint)).toBe(lines.length - 2)
  })

  test('that was changed after it was opened', async () => {
    const changed = newFile()
    writeFileSync(
      changed,
      withLines((all) => all),
    )
    const checkpoint = await openCheckpoint(changed, [key.publicKey])
    writeFileSync(
      changed,
      withLines((all) => all.toSpliced(1, 1)),
    )
    await expect(readAll(checkpoint)).rejects.toThrow('changed')
  })
})

test('a checkpoint that cannot be finished leaves no file', async () => {
  const file = newFile()
  const onStart = () => {
    throw new Error('enough')
  }
  await expect(writeCheckpoint(sql, { file, privateKey: key.privateKey, onStart })).rejects.toThrow('enough')
  await expect(openCheckpoint(file, [key.publicKey])).rejects.toThrow('ENOENT')
  await expect(
    writeCheckpoint(sql, { file: `${file}/none/there`, privateKey: key.privateKey }),
  ).rejects.toThrow('ENO')
})

test('a checkpoint replaces no file', async () => {
  const file = newFile()
  writeFileSync(file, 'an older one')
  await expect(writeCheckpoint(sql, { file, privateKey: key.privateKey })).rejects.toThrow('EEXIST')
  expect(readFileSync(file, 'utf8')).toBe('an older one')
})

test('a key must be Ed25519, and a private key is not a public one', () => {
  expect(() => readPublicKey('nothing')).toThrow('not a public key of Ed25519')
  expect(() => readPublicKey(String(key.privateKey.export({ type: 'pkcs8', format: 'pem' })))).toThrow(
    'not a public key of Ed25519',
  )
})

/** Returns a line of JSON in which the number with this name is one higher. */
function bumped(line: string, name: string): string {
  return line.replace(
    new RegExp(`("${name}":)(\\d+)`),
    (_all, before, count) => `${before}${Number(count) + 1}`,
  )
}

/** Returns a line of JSON in which the hash with this name is another. */
function rehashed(line: string, name: string): string {
  return line.replace(new RegExp(`("${name}":")[0-9a-f]{64}`), `$1${'0'.repeat(64)}`)
}

/** Reads all accounts and returns their number. */
async function readAll(checkpoint: Checkpoint): Promise<number> {
  let count = 0
  for await (const { seq } of checkpoint.accounts()) if (seq >= 0n) count += 1
  return count
}
