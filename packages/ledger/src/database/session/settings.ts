import type { Bounds } from '../bounds.ts'

/**
 * What our SQL, node-postgres and Prisma rely on in a session. Every connection asks for it when it is opened, whatever
 * the role, the database and the server say. Names and values are those of `pg_settings`.
 */
export const sessionSettings = {
  // Prisma sends moments without a zone, and takes those that it reads for UTC.
  TimeZone: 'UTC',
  // Prisma and node-postgres read moments, days and durations in these forms alone.
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  // Numbers with all of their digits, bytes in the form that has no escapes.
  extra_float_digits: '1',
  bytea_output: 'hex',
  client_encoding: 'UTF8',
  // How text of ours is read: backslashes, and NULL in an array that node-postgres writes.
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  // Which functions, operators and types a name means: PostgreSQL's own.
  search_path: '"$user", public',
  // Under a lock, a posting reads what others have committed meanwhile.
  default_transaction_isolation: 'read committed',
  // A role that sees its app's rows alone gets these, and no error.
  row_security: 'on',
  // Prisma compares definitions as PostgreSQL writes them.
  quote_all_identifiers: 'off',
} as const satisfies Record<string, string>

/**
 * What only a superuser may set, so that a connection cannot ask for it: with `replica`, no trigger keeps entries from
 * being changed.
 */
export const superuserSettings = { session_replication_role: 'origin' } as const

/** The bounds of a pool's sessions, in milliseconds, under the names that node-postgres and PostgreSQL have for them. */
export function sessionBounds({ lock, statement, idleTransaction }: Bounds) {
  return {
    lock_timeout: lock,
    statement_timeout: statement,
    idle_in_transaction_session_timeout: idleTransaction,
  }
}

/**
 * How soon PostgreSQL notices that a client is gone without a word, where its system would take hours: until then each
 * keeps one of `max_connections`. Asked for and not checked: a system or a Unix socket that has none of them needs none.
 */
export const lostClientSettings = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '15000',
} as const

/** The bounds of a command, which may take its time: none. */
export const commandBounds = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
} as const

/** Settings as the `options` of a connection. */
export function startupOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`) // a space separates
    .join(' ')
}
