import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { postBySql } from '../open-ledger.ts'
import { secret, takeOverApp } from './stage.ts'

// The attacker holds what it is allowed to, for as long as it likes. The other app must go on.
const connections = 6
const { apps, owner, attacker, database, urlOf } = await takeOverApp({ connections })

async function connect(whose: 'own' | 'other'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlOf(whose) })
  client.on('error', () => {}) // some of the tests let PostgreSQL end it
  await client.connect()
  return client
}

let posted = 0
/** The other app posts, with so little patience that a lock in its way would show. */
async function otherPosts(): Promise<void> {
  const other = await connect('other')
  try {
    await other.query("SET lock_timeout = '2s'")
    posted += 1
    const posting = { app: apps.other, ownerId: secret, nonce: `n ${posted}` }
    expect(await postBySql(other, posting)).toMatchObject({ outcome: 'posted' })
    expect(await postBySql(other, { ...posting, ownerId: `new ${posted}` })).toMatchObject({
      outcome: 'posted',
    })
    const held = await other.query(`SELECT ledger.live_holds_of('${apps.other}', ARRAY['${secret}'])`)
    expect(held.rows).toHaveLength(1)
  } finally {
    await other.end()
  }
}

describe('the other app goes on posting and reading while the attacker keeps', () => {
  const post = `SELECT ledger.append_${apps.own}('1', gen_random_uuid(), gen_random_uuid()::text, NULL, 'CREDIT_ADD', 1, 1)`
  const postTheSame = `SELECT ledger.append_${apps.own}('${secret}', gen_random_uuid(), 'n', NULL, 'CREDIT_ADD', 1, 1)`
  test.each([
    [
      'ACCESS SHARE locks of the tables that all share',
      'LOCK TABLE ledger.accounts, ledger.entries, ledger.holds, ledger.apps IN ACCESS SHARE MODE',
    ],
    [
      'a snapshot of all',
      'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ledger.entries',
    ],
    [
      'a serializable transaction',
      'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM ledger.accounts',
    ],
    ['a posting', post],
    ['a posting to an owner of the same name', postTheSame],
    [
      'a new account',
      `SELECT ledger.append_${apps.own}('somebody', gen_random_uuid(), 'n', NULL, 'CREDIT_ADD', 1, 1)`,
    ],
    ['what would be wake-ups', `NOTIFY ledger_posted_${apps.other}; NOTIFY ledger_posted_${apps.own}`],
    ['a cursor over all of its entries', 'DECLARE c CURSOR FOR TABLE ledger.entries; FETCH 1 FROM c'],
  ])('%s', async (_, statements) => {
    await attacker.query(`BEGIN; ${statements}`)
    await otherPosts()
    await attacker.query('ROLLBACK')
  })

  test('all of its connections: one more is refused, and the other app has its own', async () => {
    const clients: pg.Client[] = []
    try {
      for (let open = 1; open < connections; open += 1) clients.push(await connect('own')) // with the attacker’s
      await expect(connect('own')).rejects.toMatchObject({ code: '53300' })
      await otherPosts()
    } finally {
      for (const client of clients) await client.end()
    }
  })
})

describe('a session of the role with its default settings', () => {
  test('ends an idle transaction, and releases its locks', async () => {
    const idle = await connect('own')
    const { rows } = await idle.query('SHOW idle_in_transaction_session_timeout')
    expect(rows[0].idle_in_transaction_session_timeout).not.toBe('0')
    await idle.query("SET idle_in_transaction_session_timeout = '100ms'") // shorter than the default, for the test
    const ended = new Promise((resolve) => idle.once('end', resolve))
    await idle.query('BEGIN; LOCK TABLE ledger.accounts IN ACCESS SHARE MODE')
    await ended
    await owner.query('BEGIN; LOCK TABLE ledger.accounts IN ACCESS EXCLUSIVE MODE; ROLLBACK')
  })

  test.each(['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])(
    'has a bound: %s',
    async (name) => {
      const { rows } = await attacker.query('SELECT setting, source FROM pg_settings WHERE name = $1', [name])
      expect(rows).toEqual([{ setting: expect.stringMatching(/^[1-9]\d+$/), source: 'database user' }])
    },
  )

  test('may not write more into files than its limit, whatever it sets', async () => {
    await attacker.query("SET work_mem = '64kB'; SET statement_timeout = 0")
    const { rows } = await attacker.query(
      "SELECT setting::int AS kb FROM pg_settings WHERE name = 'temp_file_limit'",
    )
    expect(rows).toEqual([{ kb: 1024 ** 2 }])
    await owner.query(
      `ALTER ROLE ledger_${apps.own} IN DATABASE ${database.name} SET temp_file_limit = '1MB'`,
    )
    const bounded = await connect('own') // the same kind of limit, smaller, for the test
    await bounded.query("SET work_mem = '64kB'")
    await expect(
      bounded.query('SELECT n, repeat(md5(n::text), 10) AS t FROM generate_series(1, 100000) n ORDER BY t'),
    ).rejects.toMatchObject({ code: '53400' })
    await bounded.end()
  })
})
