import pg from 'pg'
import { type DatabaseAddress, readDatabaseUrl } from './database-url.ts'
import { sessionSettings, startupOptions } from './settings.ts'

/**
 * How node-postgres opens a connection to a database: with `sessionSettings`, and with those that are given. They come
 * after the url's own `?options=`, and so win.
 */
export function connectionTo(url: string, settings: Readonly<Record<string, string>> = {}): DatabaseAddress {
  const { options, ...address } = readDatabaseUrl(url)
  const ours = startupOptions({ ...sessionSettings, ...settings })
  return {
    application_name: 'shared-ledger',
    ...address,
    options: options ? `${options} ${ours}` : ours,
  }
}

/** The database that a url opens. Where it names none, that is the user's name, as for every program of PostgreSQL. */
export function databaseOf(url: string): string {
  return new pg.Client(readDatabaseUrl(url)).database ?? ''
}

/** Where a url leads, without its password: "127.0.0.1:5432", or the path of a Unix socket. */
export function addressOf(url: string): string {
  const { host, port } = new pg.Client(readDatabaseUrl(url))
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
