// The roles of apps on a cluster: what one may do on the coordinator, it may do on each worker, and no more.
import { createLedger, createPool, defineOperations, sharedOperations } from '@shared-ledger/ledger'
import { closeDatabase, provisionApp, roleOf, withConnection, withLogin } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { withDatabase, withServer } from '../../packages/postgres/src/database-url.ts'
import { unreachedBy } from '../../packages/postgres/src/roles/reach.ts'
import { nodesOf } from '../../packages/postgres/src/testing/given-cluster.ts'

const FORBIDDEN = '42501'
const KEY = 'AbCdEf123456'
const owners = Array.from({ length: 20 }, (_, at) => `owner ${at}`)

const database = await createTestDatabase()
const mark = crypto.randomUUID().slice(0, 8) // roles belong to the servers, which other tests share
const apps = { own: `games_${mark}`, other: `shop_${mark}` }
const password = crypto.randomUUID()
const nodes = (await nodesOf(inject('postgres').url)).map(({ groupid, nodename, nodeport }) => {
  const server = groupid === 0 ? database.url : withServer(database.url, { host: nodename, port: nodeport })
  const url = withDatabase(server, database.name)
  return {
    node: groupid === 0 ? 'the coordinator' : `worker ${groupid}`,
    owner: url,
    login: (app: string) => withLogin(url, { user: roleOf(app), password }),
  }
})

const asOwner = <T>(use: (sql: pg.Client) => Promise<T>) => withConnection(database.url, use)

beforeAll(async () => {
  await asOwner(async (sql) => {
    for (const app of Object.values(apps)) {
      await sql.query('SELECT ledger.set_operations($1, ledger.shared_operations())', [app])
      expect(await provisionApp(sql, { app, password })).toEqual([])
      const key = 'INSERT INTO ledger.keys (app, id, name, scopes, hash) VALUES ($1, $2, $1, $3, sha256($4))'
      await sql.query(key, [app, KEY, ['read'], 'key'])
    }
    expect(await closeDatabase(sql)).toEqual([])
  })
  await post(database.url, apps.other, 'theirs')
})
afterAll(async () => {
  await database.drop()
  await withConnection(inject('postgres').url, async (sql) => {
    for (const app of Object.values(apps)) await sql.query(`DROP ROLE ${pg.escapeIdentifier(roleOf(app))}`)
  })
})

/** Adds a credit to each owner, in one transaction over all shards and one by one. Returns their balances. */
async function post(url: string, app: string, nonce: string): Promise<number[]> {
  const pool = createPool(url)
  const ledger = createLedger({ app, operations: defineOperations(sharedOperations), pool })
  try {
    const entries = owners.map((ownerId) => ({ ownerId, operation: 'CREDIT_ADD', amount: 1 }) as const)
    const together = await ledger.postTransaction({ entries, nonce })
    const alone = await Promise.all(
      entries.map((entry, at) => ledger.postEntry({ ...entry, nonce: `${nonce} ${at}` })),
    )
    expect([together, ...alone].filter(({ ok }) => !ok)).toEqual([])
    return (await Promise.all(owners.map((ownerId) => ledger.balance(ownerId)))).map(({ amount }) => amount)
  } finally {
    await ledger.close()
    await pool.end()
  }
}

/** Returns the code with which a statement is refused, or how many rows it returns. */
async function outcomeOf(url: string, statement: string): Promise<string | number | undefined> {
  return withConnection(url, async (sql) => {
    try {
      const results = [await sql.query(statement)].flat()
      return results.at(-1)?.rows.length
    } catch (error) {
      return error instanceof pg.DatabaseError ? error.code : String(error)
    }
  })
}

describe.each(nodes)('on $node', ({ node, owner, login }) => {
  test('the role posts to owners of all shards, and reads their balances', async () => {
    const before = await withConnection(owner, async (sql) => {
      const { rows } = await sql.query(
        'SELECT sum(balance)::int AS sum FROM ledger.accounts WHERE book = $1',
        [apps.own],
      )
      return Number(rows[0]?.sum) / owners.length
    })
    expect(await post(login(apps.own), apps.own, node)).toEqual(owners.map(() => before + 2))
  })

  test('it sees the rows of its app alone', async () => {
    const [own, other] = [`book = '${apps.own}'`, `book = '${apps.other}'`]
    expect(await outcomeOf(login(apps.own), `SELECT 1 FROM ledger.accounts WHERE ${own}`)).toBe(owners.length)
    expect(await outcomeOf(login(apps.own), 'SELECT 1 FROM ledger.accounts')).toBe(owners.length)
    for (const table of ['accounts', 'entries', 'holds'])
      expect(await outcomeOf(login(apps.own), `SELECT 1 FROM ledger.${table} WHERE ${other}`)).toBe(0)
    expect(await outcomeOf(login(apps.own), 'SELECT 1 FROM ledger.apps')).toBe(1)
  })

  test('it posts for no other app, changes nothing by itself, and calls nothing that is not its own', async () => {
    const call = (app: string) => `SELECT ledger.post_${app}('owner 1', '{owner 1}', '{1}', '{}')`
    const statements = [
      call(apps.other),
      `INSERT INTO ledger.entries SELECT * FROM ledger.entries LIMIT 1`,
      `INSERT INTO ledger.accounts (book, owner_id, balance, created_on, updated_on, head)
       VALUES ('${apps.own}', 'mine', 5, now(), now(), sha256('x'))`,
      'UPDATE ledger.accounts SET balance = balance + 1',
      "UPDATE ledger.accounts SET balance = 5 WHERE owner_id = 'owner 1'",
      'DELETE FROM ledger.holds',
      'TRUNCATE ledger.accounts',
      'TABLE ledger.keys',
      `SELECT ledger.set_operations('${apps.own}', ledger.shared_operations())`,
      'SELECT ledger.distribute(8)',
      'SELECT ledger.remove_old_rows()',
      "SELECT citus_add_node('127.0.0.1', 1)",
      'SELECT pg_advisory_lock(1)',
      'SELECT lo_create(0)',
      'CREATE TEMPORARY TABLE mine (id int)',
      'CREATE TABLE public.mine (id int)',
    ]
    const outcomes = await Promise.all(
      statements.map(async (statement) => [statement, await outcomeOf(login(apps.own), statement)]),
    )
    expect(outcomes).toEqual(statements.map((statement) => [statement, FORBIDDEN]))
  })

  test('it reaches no shard of another app, and changes none of its own', async () => {
    const { rows: shards } = await withConnection(owner, (sql) =>
      sql.query<{ shard: string }>(
        `SELECT format('ledger.%I', c.relname || '_' || s.shardid) AS shard
           FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid) JOIN pg_dist_local_group USING (groupid)
           JOIN pg_class c ON c.oid = s.logicalrelid
          WHERE s.logicalrelid IN ('ledger.accounts'::regclass, 'ledger.holds'::regclass)`,
      ),
    )
    for (const { shard } of shards) {
      const foreign = `SELECT 1 FROM ${shard} WHERE book <> '${apps.own}'`
      expect(await outcomeOf(login(apps.own), foreign), foreign).toBe(0)
      const change = `UPDATE ${shard} SET owner_id = owner_id`
      expect(await outcomeOf(login(apps.own), change), change).toBe(FORBIDDEN)
    }
    const onWorkers = "SELECT 1 FROM run_command_on_workers('DELETE FROM ledger.holds') WHERE success"
    expect([0, FORBIDDEN]).toContain(await outcomeOf(login(apps.own), onWorkers))
  })

  test('it finds and notes the keys of its app alone', async () => {
    const found = (app: string) =>
      `SELECT 1 WHERE json_array_length(ledger.find_keys('${app}', '{${KEY}}')) = 1`
    expect(await outcomeOf(login(apps.own), found(apps.own))).toBe(1)
    expect(await outcomeOf(login(apps.own), found(apps.other))).toBe(FORBIDDEN)
    expect(await outcomeOf(login(apps.own), `SELECT 1 WHERE ledger.has_keys('${apps.own}')`)).toBe(1)
    await asOwner((sql) => sql.query('UPDATE ledger.keys SET last_used_on = NULL'))
    expect(await outcomeOf(login(apps.own), `SELECT ledger.touch_keys('${apps.own}', '{${KEY}}')`)).toBe(1)
    expect(await outcomeOf(database.url, 'SELECT 1 FROM ledger.keys WHERE last_used_on IS NOT NULL')).toBe(1)
  })
})

test('provision names the nodes that do not let a role in', async () => {
  const role = pg.escapeIdentifier(roleOf(apps.own))
  await asOwner(async (sql) => {
    expect(await unreachedBy(sql, apps.own)).toEqual([])
    await sql.query(`ALTER ROLE ${role} NOLOGIN`)
    const problems = await unreachedBy(sql, apps.own)
    await sql.query(`ALTER ROLE ${role} LOGIN`)
    expect(problems).toHaveLength(nodes.length)
    expect(problems[0]).toMatch(
      /^from the node .+ it does not get to all others: .*is not permitted to log in/,
    )
  })
})
