// Prisma loads this file through jiti, without our export condition: it imports nothing.

/** The same server and user, another database. */
export function withDatabase(url: string, database: string): string {
  const { server, query } = partsOf(url)
  return `${server}/${encodeURIComponent(database)}${query}`
}

/** The same database, with Prisma's `?schema=`: where Prisma keeps tables and migration history. */
export function withSchema(url: string, schema: string): string {
  const { server, path, query } = partsOf(url)
  const parameters = new URLSearchParams(query)
  parameters.set('schema', schema)
  return `${server}${path}?${parameters}`
}

/** Who logs in. Without a password PostgreSQL finds it elsewhere, or asks for none. */
export interface Login {
  readonly user: string
  readonly password?: string | undefined
}

/** The same server and database, another user. Nothing is left of the login that the url has, in its query neither. */
export function withLogin(url: string, { user, password }: Login): string {
  const { server, path, query } = partsOf(url)
  const login = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(':')
  return `${server.replace(/\/\/(?:.*@)?/, `//${login}@`)}${path}${withoutLogin(query)}`
}

/** In a query these have the last word on who logs in. */
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

/** The PostgreSQL schema that the url names (`?schema=`), as Prisma reads it. */
export function schemaOf(url: string): string {
  return new URLSearchParams(partsOf(url).query).get('schema') || 'public'
}

/** `postgresql://user:password@host:5432`, `/database` and `?schema=…`. A `new URL` refuses those of Unix sockets. */
function partsOf(url: string): { server: string; path: string; query: string } {
  const [, server = '', path = '', query = ''] = /^([^:]*:\/\/[^/?]*)(\/[^?]*)?(\?.*)?$/.exec(url) ?? []
  return { server, path, query }
}
