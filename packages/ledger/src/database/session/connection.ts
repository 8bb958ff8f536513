import pg from 'pg'
import { type DatabaseAddress, readDatabaseUrl } from './database-url.ts'
import { sessionSettings, startupOptions } from './settings.ts'

/**
 * Returns how node-postgres opens a connection to a database, with `sessionSettings` and the given settings. They come
 * after the url's own `?options=`, and so override it. The name is what PostgreSQL calls the connection, unless the url
 * says otherwise.
 */
export function connectionTo(
  url: string,
  settings: Readonly<Record<string, string>> = {},
  name = 'shared-ledger',
): DatabaseAddress {
  const { options, ...address } = readDatabaseUrl(url)
  const ours = startupOptions({ ...sessionSettings, ...settings })
  return {
    application_name: name,
    ...address,
    options: options ? `${options} ${ours}` : ours,
  }
}

/**
 * Returns the database that a url opens. Without a name in the url it is the user's name, as for every program of
 * PostgreSQL.
 */
export function databaseOf(url: string): string {
  return new pg.Client(readDatabaseUrl(url)).database ?? ''
}

/** Returns where a url leads, without its password: "127.0.0.1:5432", or the path of a Unix socket. */
export function addressOf(url: string): string {
  const { host, port } = new pg.Client(readDatabaseUrl(url))
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
