import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { findRoot } from '@shared-ledger/postgres'
import { createEmptyDatabase, createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outcomeHere, outcomeOf } from './support/command.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'checkpoint-command-'))
const at = (name: string) => path.join(folder, name)
let database: Awaited<ReturnType<typeof createTestDatabase>>
let sql: pg.Client
let entryId = ''
beforeAll(async () => {
  database = await createTestDatabase()
  sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  const pool = createPool(database.url)
  const ledger = createLedger({ app: 'content', operations: defineOperations(sharedOperations), pool })
  for (const ownerId of ['bob', 'ada']) {
    const posted = await ledger.postEntry({ ownerId, operation: 'CREDIT_ADD', nonce: 'n' })
    if (!posted.ok) throw posted.error
    entryId = posted.entry.id
  }
  await ledger.close()
  await pool.end()
  expect((await run('checkpoint', '--new-key', at('key'))).code).toBe(0)
  expect((await run('checkpoint', '--key', at('key'), '--out', at('checkpoint'))).code).toBe(0)
})
afterAll(async () => {
  await sql.end()
  await database.drop()
  rmSync(folder, { recursive: true })
})

const run = (command: string, ...args: string[]) =>
  outcomeHere(command, findRoot(), args, { env: { DATABASE_URL: database.url, INIT_CWD: folder } })

/** The same in a process of its own, as users run it. */
const runInOwnProcess = (command: string, ...args: string[]) =>
  outcomeOf(command, findRoot(), args, { env: { DATABASE_URL: database.url, INIT_CWD: folder } })

test('a key is made once, in two files, and only its user may read the private one', async () => {
  const made = await runInOwnProcess('checkpoint', '--new-key', 'other')
  expect(made.output).toMatch(
    /^Wrote other, .* and other\.pub, .*\nThe fingerprint of the key is [0-9a-f]{64}\.$/,
  )
  expect(statSync(at('other')).mode & 0o777).toBe(0o600)
  expect(readFileSync(at('other.pub'), 'utf8')).toContain('BEGIN PUBLIC KEY')
  const before = readFileSync(at('other'), 'utf8')
  expect(await run('checkpoint', '--new-key', 'other')).toEqual({
    code: 1,
    output: 'other already exists: a key is never replaced.',
  })
  expect(readFileSync(at('other'), 'utf8')).toBe(before)
})

test('a checkpoint is written, and never replaced', async () => {
  const written = await runInOwnProcess('checkpoint', '--key', 'key', '--out', 'second')
  expect(written.output).toMatch(/^Wrote second: 2 accounts, root [0-9a-f]{64}, signed by [0-9a-f]{64}\.$/)
  expect(readFileSync(at('second'), 'utf8').split('\n')).toHaveLength(5)
  expect(await run('checkpoint', '--key', 'key', '--out', 'second')).toEqual({
    code: 1,
    output: 'second already exists: a checkpoint is never replaced.',
  })
})

test('verify accepts several checkpoints, and names the accounts that changed', async () => {
  await run('checkpoint', '--new-key', 'third')
  await run('checkpoint', '--key', 'third', '--out', 'third.jsonl')
  const checkpoints = ['--checkpoint', 'checkpoint', '--checkpoint', 'third.jsonl']
  const verify = (...args: string[]) => run('verify', ...args, '--public-key', 'key.pub')
  const right = await verify(...checkpoints, '--public-key', 'third.pub')
  expect(right.output).toMatch(/^content: 2 accounts, 2 entries, 0 holds\. All \d+ checks passed\.$/m)
  expect(right.code).toBe(0)
  expect(await verify(...checkpoints)).toMatchObject({
    code: 1,
    output: expect.stringMatching(/third\.jsonl is refused: it was signed by another key/),
  })

  await sql.query(
    "SET session_replication_role = replica; UPDATE ledger.entries SET nonce = 'x' WHERE owner_id = 'ada'",
  )
  const chain = await verify('--checkpoint', 'checkpoint')
  expect(chain.output).toContain(`  entry ${entryId} (seq 1 of "ada"): hash `)
  await sql.query(`
    UPDATE ledger.entries SET hash = ledger.next_hash(ledger.chain_start(book, owner_id), ledger.entry_form(
      app, book, owner_id, seq, id, operation, amount, balance_after, nonce, place, transaction_id, metadata, created_on,
      reverses, refunds, hold_id));
    UPDATE ledger.accounts a SET head = (SELECT hash FROM ledger.entries e WHERE e.owner_id = a.owner_id)`)
  expect((await verify()).code).toBe(0)
  const compared = await verify('--checkpoint', 'checkpoint')
  expect(compared.output).toMatch(
    /^content: The history of each account up to checkpoint, of .*Z, is unchanged\.$/m,
  )
  expect(compared.output).toMatch(
    /^ {2}account "ada": hash [0-9a-f]{64} at seq 1; should be: hash [0-9a-f]{64} at seq 1$/m,
  )
  expect(compared.output).not.toContain('bob')
  expect(compared.code).toBe(1)
  await sql.query("UPDATE ledger.entries SET nonce = 'n' WHERE owner_id = 'ada'")
})

test('an entry is proven, and the proof is checked without a database', async () => {
  const { rows } = await sql.query("SELECT id FROM ledger.entries WHERE owner_id = 'bob'")
  const by = ['--checkpoint', 'checkpoint', '--public-key', 'key.pub']
  const prove = await runInOwnProcess('prove', 'content', rows[0].id, ...by)
  expect(prove).toEqual({ code: 0, output: `Wrote proof-content-${rows[0].id}.json.` })
  const proof = at(`proof-content-${rows[0].id}.json`)
  const check = () =>
    outcomeHere('prove', findRoot(), ['--check', proof, '--public-key', at('key.pub')], {
      env: { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' },
    })
  expect(await check()).toEqual({
    code: 0,
    output: expect.stringMatching(
      / is right: on .*Z the ledger had entry \d+ of "bob", seq 1, CREDIT_ADD of 10 on /,
    ),
  })
  writeFileSync(proof, readFileSync(proof, 'utf8').replace('"amount": 10', '"amount": 11'))
  expect(await check()).toEqual({
    code: 1,
    output: expect.stringMatching(/ proves nothing\. The entry does not lead/),
  })
  writeFileSync(proof, 'no JSON')
  expect(await check()).toEqual({ code: 1, output: expect.stringMatching(/: It is not JSON\.$/) })
})

test.each([
  ['checkpoint', [], 'Say which key signs.'],
  ['checkpoint', ['--key', 'key', '--new-key', 'more'], 'Say which key signs.'],
  ['checkpoint', ['--key', 'none'], 'There is no file none.'],
  ['checkpoint', ['--key', 'key.pub'], 'key.pub: It is not a private key of Ed25519 in PEM.'],
  [
    'verify',
    ['--checkpoint', 'checkpoint'],
    'Say by which public key the checkpoint is checked: --public-key FILE.',
  ],
  [
    'verify',
    ['--checkpoint', 'checkpoint', '--public-key', 'key'],
    'key: It is not a public key of Ed25519 in PEM.',
  ],
  [
    'verify',
    ['--checkpoint', 'key', '--public-key', 'key.pub'],
    'is refused: it does not begin as a checkpoint',
  ],
  ['prove', ['content', '1', '--checkpoint', 'checkpoint'], 'Say by which public key.'],
  [
    'prove',
    ['content', '--checkpoint', 'checkpoint', '--public-key', 'key.pub'],
    'Say which entry, and by which checkpoint.',
  ],
  ['prove', ['content', '1', '--public-key', 'key.pub'], 'Say which entry, and by which checkpoint.'],
  [
    'prove',
    ['content', '999', '--checkpoint', 'checkpoint', '--public-key', 'key.pub'],
    'The app content has no entry 999.',
  ],
])('%s %j gets a message about what is wrong', async (command, args, problem) => {
  const { code, output } = await run(command, ...args)
  expect(output).toContain(problem)
  expect(code).toBe(output.includes(`shared-ledger ${command} `) ? 2 : 1) // 2: how it is called is said too
  expect(existsSync(at('more'))).toBe(false)
})

test('a database without a ledger has no checkpoint', async () => {
  const empty = await createEmptyDatabase()
  const env = { DATABASE_URL: empty.url, INIT_CWD: folder }
  expect(
    await outcomeHere('checkpoint', findRoot(), ['--key', 'key', '--out', 'of nothing'], { env }),
  ).toEqual({
    code: 1,
    output: 'The database has no ledger yet. Run its migrations: npx shared-ledger migrate',
  })
  await empty.drop()
})
