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
  return `${server.replace(/\/\/(?:.*@)?/, `//${login}@`)}${path}${without(query, ['user', 'password'])}`
}

/** Returns the url of another server, with the same login and database. A host may be the folder of a Unix socket. */
export function withServer(url: string, { host, port }: { host: string; port: number }): string {
  const { server, path, query } = partsOf(url)
  const [, scheme = '', login = ''] = /^([^:]*:\/\/)(.*@)?/.exec(server) ?? []
  const address = host.includes(':') ? `[${host}]` : encodeURIComponent(host)
  return `${scheme}${login}${address}:${port}${path}${without(query, ['host', 'port'])}`
}

/** Returns the query without some parameters. */
function without(query: string, names: readonly string[]): string {
  const isNamed = (parameter: string) => names.some((name) => new URLSearchParams(parameter).has(name))
  const kept = query
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '' && !isNamed(parameter))
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
