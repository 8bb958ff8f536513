import type { Bounds } from '../bounds.ts'

/**
 * The session settings that our SQL, node-postgres and Prisma rely on. Every connection asks for them when it opens,
 * whatever the role, the database and the server set. Names and values are those of `pg_settings`.
 */
export const sessionSettings = {
  // Prisma sends moments without a zone, and reads moments as UTC.
  TimeZone: 'UTC',
  // Prisma and node-postgres read moments, days and durations only in these forms.
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  // Numbers with all of their digits, and bytes in the form without escapes.
  extra_float_digits: '1',
  bytea_output: 'hex',
  client_encoding: 'UTF8',
  // How our texts are read: backslashes, and NULL in an array that node-postgres writes.
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  // Which functions, operators and types a name means: PostgreSQL's own.
  search_path: '"$user", public',
  // After a lock, a posting must see what others have committed meanwhile.
  default_transaction_isolation: 'read committed',
  // A role that may see only its app's rows gets these, and no error.
  row_security: 'on',
  // Prisma compares definitions as PostgreSQL writes them.
  quote_all_identifiers: 'off',
} as const satisfies Record<string, string>

/**
 * A setting that only a superuser may change, so that a connection cannot ask for it. With `replica`, no trigger would
 * protect entries from changes.
 */
export const superuserSettings = { session_replication_role: 'origin' } as const

/** Returns the time limits of a pool's sessions, in milliseconds, under the names of node-postgres and PostgreSQL. */
export function sessionBounds({ lock, statement, idleTransaction }: Bounds) {
  return {
    lock_timeout: lock,
    statement_timeout: statement,
    idle_in_transaction_session_timeout: idleTransaction,
  }
}

/**
 * How soon PostgreSQL notices that a client is gone without a word. Its system would take hours, and until then each
 * lost client keeps one of `max_connections`. The settings are asked for but not checked: a system or a Unix socket
 * without them needs none.
 */
export const lostClientSettings = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '15000',
} as const

/** A command may take its time, so it has no time limits. */
export const commandBounds = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
} as const

/** Returns settings as the `options` of a connection. */
export function startupOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`) // spaces separate options
    .join(' ')
}
