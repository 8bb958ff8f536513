// Prisma loads this file through jiti, without our export condition: it imports nothing.

/** Returns the url of another database, with the same server and user. */
export function withDatabase(url: string, database: string): string {
  const { server, query } = partsOf(url)
  return `${server}/${encodeURIComponent(database)}${query}`
}

/** Returns the url with Prisma's `?schema=`, in which Prisma keeps tables and the migration history. */
export function withSchema(url: string, schema: string): string {
  const { server, path, query } = partsOf(url)
  const parameters = new URLSearchParams(query)
  parameters.set('schema', schema)
  return `${server}${path}?${parameters}`
}

/** A login. Without a password PostgreSQL finds it elsewhere, or needs none. */
interface Login {
  readonly user: string
  readonly password?: string | undefined
}

/**
 * Returns the url of the same server and database, with another login. Nothing of the old login stays, not even in the
 * query.
 */
export function withLogin(url: string, { user, password }: Login): string {
  const { server, path, query } = partsOf(url)
  const login = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(':')
  return `${server.replace(/\/\/(?:.*@)?/, `//${login}@`)}${path}${withoutLogin(query)}`
}

/** Parameters of the query that override the login. */
const loginParameters = ['user', 'password']

function withoutLogin(query: string): string {
  const isLogin = (parameter: string) =>
    loginParameters.some((name) => new URLSearchParams(parameter).has(name))
  const kept = query
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '' && !isLogin(parameter))
  return kept.length === 0 ? '' : `?${kept.join('&')}`
}

/** Returns the PostgreSQL schema in the url (`?schema=`), as Prisma reads it. */
export function schemaOf(url: string): string {
  return new URLSearchParams(partsOf(url).query).get('schema') || 'public'
}

/**
 * Splits a url into `postgresql://user:password@host:5432`, `/database` and `?schema=…`. `new URL` refuses urls of Unix
 * sockets.
 */
function partsOf(url: string): { server: string; path: string; query: string } {
  const [, server = '', path = '', query = ''] = /^([^:]*:\/\/[^/?]*)(\/[^?]*)?(\?.*)?$/.exec(url) ?? []
  return { server, path, query }
}
