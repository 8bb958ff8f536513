import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { closedLoop } from '../closed-loop.ts'
import { drawDifferent, hotOwner, ownerDraw, spreadOwners } from '../owners.ts'
import { app, postCall, sqlOver, unchainedApp } from '../posting.ts'
import type { Variant } from '../rounds.ts'
import type { Sizes } from '../sizes.ts'
import type { Context } from './context.ts'

/** What is posted: entries of the ledger, with or without its hash chain, or rows without a hash by an INSERT. */
export const kinds = ['ledger', 'unchained', 'insert'] as const
type Kind = (typeof kinds)[number]

/** What one statement writes. */
export interface Call {
  readonly owners: 'different' | 'one'
  readonly entries: number
}

/** The names of this file's variants. */
export const plain = {
  /** One entry per statement, by callers with a connection each. */
  rate: (kind: Kind) => `plain/rate/${kind}`,
  /** PostgreSQL's processor time for one entry. */
  cpu: (kind: Kind, { owners, entries }: Call) => `plain/cpu/${kind}/${owners}/${entries}`,
} as const

/** Returns the calls whose processor time is measured. */
export function plainCalls({ usualCallers, batch }: Sizes): Call[] {
  return [
    { owners: 'different', entries: 1 },
    { owners: 'different', entries: usualCallers },
    { owners: 'different', entries: batch },
    { owners: 'one', entries: batch },
  ]
}

const rateCallers = 16
const insert = readFileSync(join(import.meta.dirname, '../sql/insert.sql'), 'utf8')

type Write = (owners: readonly string[]) => Promise<unknown>

function writer(kind: Kind, connection: Pick<pg.Pool, 'query'>): Write {
  if (kind !== 'insert') {
    const sql = sqlOver(connection)
    return (owners) => postCall(sql, owners, kind === 'ledger' ? app : unchainedApp)
  }
  return (owners) => {
    const values = [owners, owners.map(() => uuidv7()), owners.map(() => crypto.randomUUID())]
    return connection.query({ name: 'bench_insert', text: insert, values })
  }
}

/** The ledger's statement beside a plain INSERT of the same rows, and beside itself without the hash chain. */
export function plainVariants({ databaseUrl, widePool, sizes }: Context): Variant[] {
  const owners = spreadOwners(sizes)
  const draw = ownerDraw('uniform', sizes)
  const drawCall = (call: Call) =>
    call.owners === 'one'
      ? Array.from({ length: call.entries }, () => hotOwner)
      : drawDifferent(owners, call.entries)
  const rates = kinds.map((kind): Variant => {
    const write = writer(kind, widePool)
    return {
      name: plain.rate(kind),
      unit: 'entries/s',
      async measure(seconds) {
        return (await closedLoop({ callers: rateCallers, seconds }, () => write([draw()]))).callsPerSecond
      },
    }
  })
  const costs = plainCalls(sizes).flatMap((call) =>
    kinds.map(
      (kind): Variant => ({
        name: plain.cpu(kind, call),
        unit: 'µs',
        async measure(seconds) {
          const connection = new pg.Client({ connectionString: databaseUrl })
          await connection.connect()
          try {
            const write = writer(kind, connection)
            const cpuTime = await cpuTimeOf(connection)
            await write(drawCall(call)) // prepares statements and fills caches
            const before = cpuTime()
            const { calls } = await closedLoop({ callers: 1, seconds }, () => write(drawCall(call)))
            return (cpuTime() - before) / calls / call.entries
          } finally {
            await connection.end()
          }
        },
      }),
    ),
  )
  return existsSync('/proc/self/schedstat') ? [...rates, ...costs] : rates
}

/** Returns the processor time, in µs, that a connection's process has used so far. */
async function cpuTimeOf(connection: pg.Client): Promise<() => number> {
  const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return () => Number(readFileSync(`/proc/${rows[0]?.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
}
