import { databaseOf, readDatabaseUrl } from '@shared-ledger/ledger/session'
import { withConnection, withLogin } from '@shared-ledger/postgres'

/** How an app's processes log in to the database. */
export interface AppLogin {
  readonly url: string
  /** PostgreSQL itself, where the url leads to a pooler. */
  readonly directUrl?: string
}

const ofDatabase = /^(DIRECT_)?DATABASE_URL(_|$)/

/** The variable with the url of one app's own login. */
export function loginVariableOf(app: string): string {
  return `DATABASE_URL_${app.toUpperCase().replaceAll('-', '_')}`
}

/**
 * The login of an app on a server of the user's own: that of `DATABASE_URL_<APP>`, or else that of `DATABASE_URL`.
 * `DIRECT_DATABASE_URL` is for commands, and may be the owner's: where the app's login is another, the app has the address
 * alone from there. An app whose url names no user is told nothing of a url with one.
 *
 * @throws Error that names a variable which is not the url of a database.
 */
export function appLoginOf(app: string, env: NodeJS.ProcessEnv): AppLogin {
  const variable = loginVariableOf(app)
  const url = env[variable] || env.DATABASE_URL || ''
  const own = readDatabaseUrl(url, env[variable] ? variable : 'DATABASE_URL')
  const named = env[`DIRECT_${variable}`]
  if (named) {
    readDatabaseUrl(named, `DIRECT_${variable}`)
    return { url, directUrl: named }
  }
  const direct = env.DIRECT_DATABASE_URL
  if (!direct) return { url }
  const { user, password } = own
  if (readDatabaseUrl(direct, 'DIRECT_DATABASE_URL').user === user) return { url, directUrl: direct }
  if (user === undefined) return { url }
  const directUrl = withLogin(direct, { user, ...(typeof password === 'string' && { password }) })
  return isSame(url, directUrl) ? { url } : { url, directUrl }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((url) => readDatabaseUrl(url))
  return a?.host === b?.host && a?.port === b?.port && databaseOf(one) === databaseOf(other)
}

/**
 * Which of the apps log in as one who may do everything: a superuser, or the owner of the ledger's tables. A pooler is passed
 * by where the way past it is known.
 */
export async function ownersOf(logins: ReadonlyMap<string, AppLogin>): Promise<string[]> {
  const found = await Promise.all(
    Array.from(logins, async ([app, { url, directUrl }]) => ({
      app,
      isOwner: await isOwner(directUrl ?? url),
    })),
  )
  return found.filter(({ isOwner }) => isOwner).map(({ app }) => app)
}

function isOwner(url: string): Promise<boolean> {
  return withConnection(url, async (connection) => {
    const { rows } = await connection.query<{ is: boolean }>(
      `SELECT pg_has_role(nspowner, 'USAGE') AS is FROM pg_namespace WHERE nspname = 'ledger'`,
    )
    return rows[0]?.is ?? false
  })
}

/** The environment of an app's processes: ours, with the app's login as the only one. */
export function withLoginOf({ url, directUrl }: AppLogin, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !ofDatabase.test(name))
  return {
    ...Object.fromEntries(others),
    DATABASE_URL: url,
    ...(directUrl && { DIRECT_DATABASE_URL: directUrl }),
  }
}
