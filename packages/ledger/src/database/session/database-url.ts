import type pg from 'pg'
import { parseIntoClientConfig } from 'pg-connection-string'

/** The parts of a database url: `postgresql://user:password@host:5432`, `database`, `?options=…`. */
const parts = /^(postgres(?:ql)?:\/\/[^/?#]*)(?:\/([^?#]*))?(\?[^#]*)?$/

/** Where a url leads, for node-postgres. */
export type DatabaseAddress = Pick<
  pg.ClientConfig,
  'host' | 'port' | 'user' | 'password' | 'database' | 'ssl' | 'options' | 'application_name'
>

/** The login of a url, its hosts, and the rest. */
const hosts = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/s

/**
 * Returns a url for each host of a url that names several: `postgresql://user:password@host:5432,host:5433/database`.
 * The first is the coordinator of a cluster, the others are nodes that take postings, too.
 */
export function hostUrls(url: string): readonly [string, ...string[]] {
  const [, login, list = '', rest] = hosts.exec(url) ?? []
  const [first, ...others] = list.split(',').map((host) => `${login}${host}${rest}`)
  return first === undefined || login === undefined ? [url] : [first, ...others]
}

/**
 * Reads the url of a PostgreSQL database: of its first host, if it names several. Parameters that only Prisma knows are
 * left out.
 *
 * @throws Error that names the variable and never shows the url, which contains a password
 */
export function readDatabaseUrl(url: string, variable = 'DATABASE_URL'): DatabaseAddress {
  try {
    const found = parts.exec(hostUrls(url)[0])
    if (!found) throw new TypeError('not a url of PostgreSQL')
    const [, server, database = '', query = ''] = found
    // The library does not decode %40, %2F and the like in a database's name.
    const name = decodeURIComponent(database)
    const { host, port, user, password, ssl, options, application_name } = parseIntoClientConfig(
      `${server}/${query.replaceAll(' ', '%20')}`,
    )
    return {
      ...(host && { host }),
      ...(port && { port }),
      ...(user && { user }),
      ...(password && { password }),
      ...(name && { database: name }),
      ...(ssl !== undefined && { ssl }),
      ...(options && { options }),
      ...(application_name && { application_name }),
    }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof URIError)) throw error // a missing certificate file
    throw new Error(
      `${variable} is not the url of a PostgreSQL database. It looks like postgresql://user:password@host:5432/database; ` +
        'special characters in it are percent-encoded.',
    )
  }
}
