import { hostname } from 'node:os'

const start = 'shared-ledger'

/** When this process started, to the second. */
export const startedOn = new Date(Math.floor((Date.now() - process.uptime() * 1000) / 1000) * 1000)

/** A name as PostgreSQL keeps it: at most 63 bytes of ASCII. */
const host = hostname()
  .replaceAll(/[^\x21-\x7e]/g, '?')
  .slice(0, 20)

/**
 * What PostgreSQL calls the connections of this process: the host, the process's id, and when it started. Operators see it
 * in pg_stat_activity, and so does `status`.
 */
export const connectionName = `${start} ${host}/${process.pid} ${startedOn.toISOString().slice(0, 19)}Z`

/** Returns the process that a connection's name tells of, or undefined for another program's name. */
export function processOf(name: string): { readonly name: string; readonly startedOn: Date } | undefined {
  const [, found, started] = /^shared-ledger (\S+\/\d+) (\S+Z)$/.exec(name) ?? []
  if (found === undefined || started === undefined) return undefined
  const moment = new Date(started)
  return Number.isNaN(moment.getTime()) ? undefined : { name: found, startedOn: moment }
}
