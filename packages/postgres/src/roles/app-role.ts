import pg from 'pg'
import { codeOf } from '../errors.ts'
import { scramSecretOf } from './scram.ts'

/** Returns the name of an app's database role. */
export function roleOf(app: string): string {
  return `ledger_${app}`
}

/** What the role must be, by the columns of pg_roles, with the attribute for ALTER ROLE. */
const attributes = {
  rolcanlogin: [true, 'LOGIN'],
  rolsuper: [false, 'NOSUPERUSER'],
  rolcreatedb: [false, 'NOCREATEDB'],
  rolcreaterole: [false, 'NOCREATEROLE'],
  rolinherit: [false, 'NOINHERIT'],
  rolreplication: [false, 'NOREPLICATION'],
  rolbypassrls: [false, 'NOBYPASSRLS'],
} as const

/** Whether the server has the role of an app. */
export async function hasRole(connection: pg.ClientBase, app: string): Promise<boolean> {
  const { rowCount } = await connection.query('SELECT FROM pg_roles WHERE rolname = $1', [roleOf(app)])
  return rowCount === 1
}

/** Whether the role of an app has rights in this database. */
export async function hasRoles(connection: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await connection.query(
    `SELECT FROM ledger.apps a JOIN pg_roles r ON r.rolname = 'ledger_' || a.app
      WHERE has_schema_privilege(r.oid, 'ledger', 'USAGE')`,
  )
  return rowCount !== 0
}

export interface RoleOptions {
  readonly app: string
  /** The new password. A new role needs one. */
  readonly password?: string
  /**
   * How many connections the role may have at once. When left out, the present limit stays, or `defaultConnections`
   * applies.
   */
  readonly connections?: number
}

/** The default limit of connections of an app's role. It is enough for three processes. */
const defaultConnections = 40

/**
 * Makes the role of an app, or corrects the existing one. The role may log in, and nothing else.
 *
 * @throws Error that says who must do it when this user may not
 */
export async function ensureRole(
  connection: pg.ClientBase,
  { app, password, connections }: RoleOptions,
): Promise<void> {
  const role = pg.escapeIdentifier(roleOf(app))
  const changes: string[] = []
  const { rows } = await connection.query<Record<string, unknown>>(
    'SELECT * FROM pg_roles WHERE rolname = $1',
    [roleOf(app)],
  )
  const found = rows[0]
  // Attributes that are already right are left out, because only a superuser may mention some of them.
  for (const [column, [wanted, attribute]] of Object.entries(attributes))
    if ((found ?? blank)[column] !== wanted) changes.push(attribute)
  const before = Number(found?.rolconnlimit ?? -1)
  const limit = connections ?? (before < 0 ? defaultConnections : before)
  if (limit !== before) changes.push(`CONNECTION LIMIT ${limit}`)
  if (password !== undefined) changes.push(`PASSWORD ${pg.escapeLiteral(scramSecretOf(password))}`)
  if (found && changes.length === 0) return
  const statement = `${found ? 'ALTER' : 'CREATE'} ROLE ${role} ${changes.join(' ')}`
  await connection.query(statement).catch((error) => {
    if (codeOf(error) !== '42501') throw error
    throw new Error(
      `This user may not make or change the role ${roleOf(app)}. Give it the right, ALTER ROLE … CREATEROLE, or run this ` +
        'as a superuser: DIRECT_DATABASE_URL names the user that commands have.',
      { cause: error },
    )
  })
}

/** The attributes of a role that CREATE ROLE makes without options. */
const blank: Record<string, unknown> = {
  rolcanlogin: false,
  rolsuper: false,
  rolcreatedb: false,
  rolcreaterole: false,
  rolinherit: true,
  rolreplication: false,
  rolbypassrls: false,
}

/** Returns what the role may do beyond its app: whose rights it can take, and what it owns. */
export async function excessOf(connection: pg.ClientBase, app: string): Promise<string[]> {
  const { rows } = await connection.query<{ excess: string }>(
    `SELECT format('it has the role %I: REVOKE %I FROM %I;', g.rolname, g.rolname, r.rolname) AS excess
       FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
      WHERE r.rolname = $1
      UNION ALL
     SELECT format('it owns %s, which it can change at will: ALTER … OWNER TO %I;', d.what, current_user)
       FROM pg_roles r, LATERAL (
              SELECT DISTINCT pg_describe_object(s.classid, s.objid, s.objsubid) AS what
                FROM pg_shdepend s
               WHERE s.refobjid = r.oid AND s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'
                 AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))) d
      WHERE r.rolname = $1
      UNION ALL
     SELECT format('it may make objects in schema %I: REVOKE CREATE ON SCHEMA %I FROM %I;', n.nspname, n.nspname, r.rolname)
       FROM pg_roles r, pg_namespace n
      WHERE r.rolname = $1 AND n.nspname !~ '^pg_' AND has_schema_privilege(r.oid, n.oid, 'CREATE')
        AND NOT has_schema_privilege('public', n.oid, 'CREATE')`,
    [roleOf(app)],
  )
  return rows.map(({ excess }) => excess)
}
