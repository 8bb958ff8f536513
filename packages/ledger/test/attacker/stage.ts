import { closeDatabase, provisionApp, roleOf, withLogin } from '@shared-ledger/postgres'
import { createTestDatabase } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import { afterAll, expect } from 'vitest'
import { postBySql } from '../open-ledger.ts'

/** What became of one statement of the attacker. */
interface Attempt {
  /** PostgreSQL's code: "42501" for a missing right, or undefined when the statement was carried out. */
  readonly refused: string | undefined
  readonly message: string
  readonly rows: readonly Record<string, unknown>[]
  readonly rowCount: number
  /** PostgreSQL's notices. It only warns when there is nothing that the user may do. */
  readonly notices: readonly string[]
}

/** PostgreSQL's code for a missing right. */
export const forbidden = '42501'

/** What the other app keeps to itself. No answer to the attacker may contain it. */
export const secret = 'victoria'

/** The id of each app's API key. */
export const keyId = 'AbCdEf123456'

/** The balance and the held credits of each app's one account. No moment in an answer has the other app's numbers. */
export const credits = { own: { balance: 77, held: 7 }, other: { balance: 4242, held: 3131 } } as const

/**
 * Makes two apps in one database, each with accounts, entries, a hold and its own table, and a session of an attacker
 * who has taken over the first app: it logs in as that app's role.
 */
export async function takeOverApp({ connections = 20 } = {}) {
  const database = await createTestDatabase()
  const mark = crypto.randomUUID().slice(0, 8)
  // Roles belong to the whole server, which other tests share, so the names must be unique.
  const apps = { own: `mallory_${mark}`, other: `victim_${mark}` }
  const owner = new pg.Client({ connectionString: database.directUrl })
  await owner.connect()
  const passwords = { own: crypto.randomUUID(), other: crypto.randomUUID() }

  for (const app of Object.values(apps)) {
    await owner.query(
      'SELECT ledger.set_operations($1, ledger.shared_operations() || ledger.lot_operations())',
      [app],
    )
    await owner.query(`CREATE SCHEMA ${app};
      CREATE TABLE ${app}.things (id serial PRIMARY KEY, name text);
      CREATE TABLE ${app}._prisma_migrations (id text);
      CREATE MATERIALIZED VIEW ${app}.sums AS SELECT count(*) FROM ${app}.things;
      CREATE FUNCTION ${app}.shout(word text) RETURNS text LANGUAGE sql RETURN upper(word)`)
  }
  await closeDatabase(owner)
  for (const [whose, password] of Object.entries(passwords)) {
    const app = whose === 'own' ? apps.own : apps.other
    await provisionApp(owner, { app, password, connections })
    // The attacker's owners are numbers. A cast of any other owner to a number would fail, and the error would reveal
    // it.
    const { balance, held } = whose === 'own' ? credits.own : credits.other
    const ownerId = whose === 'own' ? '1' : secret
    await postBySql(owner, {
      app,
      ownerId,
      nonce: `${ownerId} nonce`,
      amount: balance + 1,
      metadata: { of: ownerId },
      lot: { days: 30 },
    })
    const spent = { operation: 'CREDIT_SPEND', amount: -1 }
    await postBySql(owner, { app, ownerId, nonce: `${ownerId} nonce of a spend`, ...spent })
    const tomorrow = new Date(Date.now() + 86_400_000)
    await owner.query(
      `INSERT INTO ledger.holds (app, book, owner_id, operation, amount, nonce, created_on, expires_on)
       VALUES ($1, $1, $2, 'CREDIT_SPEND', $4, $3, now(), $5)`,
      [app, ownerId, `${ownerId} hold`, held, tomorrow],
    )
    await owner.query('UPDATE ledger.accounts SET held = $2, holds_expire_on = $3 WHERE book = $1', [
      app,
      held,
      tomorrow,
    ])
    await owner.query(`INSERT INTO ${app}.things (name) VALUES ($1)`, [`of ${ownerId}`])
    await owner.query(
      `INSERT INTO ledger.keys (app, id, name, scopes, hash) VALUES ($1, $2, $3, '{read}', sha256('key'))`,
      [app, keyId, `key of ${ownerId}`],
    )
  }
  await owner.query('ANALYZE')

  const urlOf = (whose: 'own' | 'other') =>
    withLogin(database.directUrl, { user: roleOf(apps[whose]), password: passwords[whose] })
  const attacker = new pg.Client({ connectionString: urlOf('own') })
  await attacker.connect()

  afterAll(async () => {
    await attacker.end()
    const roles = Object.values(apps).map(roleOf).join(', ')
    await owner.query(`DROP OWNED BY ${roles} CASCADE; DROP ROLE ${roles}`)
    await owner.end()
    await database.drop()
  })

  /** Replaces `{own}` and `{other}` in a statement by the names of the apps. */
  const named = (statement: string) =>
    statement.replaceAll('{own}', apps.own).replaceAll('{other}', apps.other)

  /** Runs a statement as the attacker, in a transaction that is rolled back. */
  async function attempt(statement: string, values: readonly unknown[] = []): Promise<Attempt> {
    const notices: string[] = []
    const hear = ({ message = '' }: { message: string | undefined }) => notices.push(message)
    attacker.on('notice', hear)
    try {
      const answer = await attacker.query({ text: named(statement), values: [...values] })
      const last = Array.isArray(answer) ? answer.at(-1) : answer
      return {
        refused: undefined,
        message: '',
        rows: last.rows ?? [],
        rowCount: last.rowCount ?? 0,
        notices,
      }
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error
      return { refused: error.code, message: error.message, rows: [], rowCount: 0, notices }
    } finally {
      attacker.off('notice', hear)
      await attacker.query('ROLLBACK')
      await attacker.query('DISCARD ALL')
    }
  }

  /** Expects that PostgreSQL refuses a statement: for a missing right unless another code is given. */
  async function expectRefused(statement: string, code = forbidden): Promise<void> {
    const { refused, message } = await attempt(statement)
    expect(`${refused} ${message}`).toMatch(new RegExp(`^${code} `))
    expect(message).not.toContain(secret)
  }

  /** Everything that the attacker must not change: rows, and the rights on each object. */
  async function everything(): Promise<unknown> {
    const { rows } = await owner.query(`
      SELECT (SELECT json_agg(a ORDER BY book, owner_id) FROM ledger.accounts a) AS accounts,
             (SELECT json_agg(e ORDER BY app, book, owner_id, seq) FROM ledger.entries e) AS entries,
             (SELECT json_agg(h ORDER BY app, owner_id, id) FROM ledger.holds h) AS holds,
             (SELECT json_agg(a ORDER BY app) FROM ledger.apps a) AS apps,
             (SELECT json_agg(b ORDER BY book) FROM ledger.books b) AS books,
             (SELECT json_agg(k ORDER BY app) FROM ledger.keys k) AS keys,
             (SELECT json_agg(t ORDER BY id) FROM ${apps.own}.things t) AS own_things,
             (SELECT json_agg(t ORDER BY id) FROM ${apps.other}.things t) AS other_things,
             (SELECT json_agg(row(c.oid::regclass, c.relowner, c.relacl, c.relrowsecurity) ORDER BY c.oid)
                FROM pg_class c WHERE c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)) AS relations,
             (SELECT json_agg(row(p.oid::regprocedure, p.proowner, p.proacl, md5(p.prosrc)) ORDER BY p.oid)
                FROM pg_proc p WHERE p.pronamespace <> 'pg_catalog'::regnamespace) AS functions,
             (SELECT json_agg(row(n.nspname, n.nspowner, n.nspacl) ORDER BY n.nspname)
                FROM pg_namespace n WHERE n.nspname !~ '^pg_t') AS schemas,
             (SELECT json_agg(row(p.polname, p.polrelid::regclass, pg_get_expr(p.polqual, p.polrelid)) ORDER BY p.oid)
                FROM pg_policy p) AS policies,
             (SELECT json_agg(row(t.tgname, t.tgrelid::regclass, t.tgenabled) ORDER BY t.oid) FROM pg_trigger t) AS triggers,
             (SELECT json_agg(row(m.roleid::regrole, m.member::regrole) ORDER BY m.roleid, m.member)
                FROM pg_auth_members m WHERE m.member::regrole::text ~ '${mark}') AS members,
             (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects`)
    return rows[0]
  }

  return { database, apps, owner, attacker, urlOf, named, attempt, expectRefused, everything }
}
