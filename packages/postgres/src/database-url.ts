/** The same server and user, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = parseDatabaseUrl(url)
  changed.pathname = `/${encodeURIComponent(database)}`
  return changed.toString()
}

/** The same database, with Prisma's `?schema=`: where Prisma keeps tables and migration history. */
export function withSchema(url: string, schema: string): string {
  const changed = parseDatabaseUrl(url)
  changed.searchParams.set('schema', schema)
  return changed.toString()
}

/** The url without the parameters that only Prisma knows and PostgreSQL would refuse. */
export function withoutPrismaParameters(url: string): string {
  const changed = parseDatabaseUrl(url)
  for (const name of ['schema', 'connection_limit', 'pool_timeout', 'pgbouncer', 'socket_timeout']) {
    changed.searchParams.delete(name)
  }
  return changed.toString()
}

/** The name of the database that the url opens; PostgreSQL takes the user's name when there is none. */
export function databaseOf(url: string): string {
  const parsed = parseDatabaseUrl(url)
  const name = decodeURIComponent(parsed.pathname.slice(1))
  return name !== '' ? name : decodeURIComponent(parsed.username) || 'postgres'
}

/** Parses the url of a PostgreSQL database; the error never shows the url, which holds a password. */
export function parseDatabaseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'postgresql:' || parsed?.protocol === 'postgres:') return parsed
  throw new Error(
    'DATABASE_URL is not the url of a PostgreSQL database. It looks like postgresql://user:password@host:5432/database; ' +
      'special characters in user and password are percent-encoded.',
  )
}
