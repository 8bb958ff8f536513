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

/** The same server and database, another user. */
export function withLogin(url: string, login: { readonly user: string; readonly password: string }): string {
  const { server, path, query } = partsOf(url)
  const [user, password] = [login.user, login.password].map(encodeURIComponent)
  return `${server.replace(/\/\/(?:[^@]*@)?/, `//${user}:${password}@`)}${path}${query}`
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
