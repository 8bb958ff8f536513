import { databaseOf, readDatabaseUrl } from '@shared-ledger/ledger/session'
import { withConnection, withLogin } from '@shared-ledger/postgres'

/** How an app's processes log in to the database. */
export interface AppLogin {
  readonly url: string
  /** The url of PostgreSQL itself, when `url` leads to a pooler. */
  readonly directUrl?: string
}

const ofDatabase = /^(DIRECT_)?DATABASE_URL(_|$)/

/** Returns the name of the variable with the url of an app's own login. */
export function loginVariableOf(app: string): string {
  return `DATABASE_URL_${app.toUpperCase().replaceAll('-', '_')}`
}

/**
 * Returns an app's login on a server of the user's own: `DATABASE_URL_<APP>`, or else `DATABASE_URL`.
 * `DIRECT_DATABASE_URL` is for commands and may have the owner's login. When the app has another login, only the
 * address is taken from there. An app whose url names no user is not given a url with one.
 *
 * @throws Error that names a variable which is not the url of a database
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
 * Returns which apps log in with all rights: as a superuser, or as the owner of the ledger's tables. It bypasses a
 * pooler if it knows PostgreSQL's own url.
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

/** Returns the environment for an app's processes: ours, with the app's login as the only one. */
export function withLoginOf({ url, directUrl }: AppLogin, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !ofDatabase.test(name))
  return {
    ...Object.fromEntries(others),
    DATABASE_URL: url,
    ...(directUrl && { DIRECT_DATABASE_URL: directUrl }),
  }
}
