import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findRoot, migrate } from '@shared-ledger/postgres'
import { startTemporaryPostgres } from '@shared-ledger/postgres/testing'
import pg from 'pg'
import type { Sql } from '../packages/ledger/src/database/sql.ts'
import { runningTime } from './cluster/processor-time.ts'
import { settings } from './database.ts'
import { load } from './machine.ts'
import { drawDifferent } from './owners.ts'
import { app, operations, postCall, sqlOver } from './posting.ts'
import { median } from './statistics.ts'

/** What one round does with a database: so many entries in calls of this size. */
const turns = [
  { name: 'one entry a call', size: 1 },
  { name: '64 entries a call', size: 64 },
  { name: '256 entries a call', size: 256 },
] as const

const owners = Array.from({ length: 2_000 }, (_, index) => `owner-${String(index).padStart(5, '0')}`)

/** A ledger whose postings are measured: one connection, and the processor time of its process. */
interface Place {
  readonly sql: Sql
  /** Returns how long PostgreSQL has worked for this connection, in µs. */
  processorTime(): number
}

/**
 * `npm run bench:migration -- --from <name>` measures what the ledger's migrations from this one on cost a posting:
 * PostgreSQL's processor time for an entry with them, divided by that without them. Two databases of one server take
 * turns. A third, made like the first, shows how far apart two equal ones are. It never fails because of a figure.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: 'string' },
      rounds: { type: 'string', default: '30' },
      entries: { type: 'string', default: '2048' },
    },
  })
  const { from } = values
  const [rounds, entries] = [Number(values.rounds), Number(values.entries)]
  const root = findRoot(import.meta.dirname)
  const all = readdirSync(path.join(root, 'prisma', 'migrations')).sort()
  const first = all.find((name) => from !== undefined && name.includes(from))
  if (first === undefined) {
    throw new Error(
      `npm run bench:migration -- --from <part of a name of ${path.join('prisma', 'migrations')}>`,
    )
  }
  const server = await startTemporaryPostgres({ settings })
  const older = withoutMigrations(root, first)
  const clients: pg.Client[] = []
  try {
    const place = async (name: string, from: string): Promise<Place> => {
      const client = await makeLedger(server.url(name), from)
      clients.push(client)
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
      return {
        sql: sqlOver(client),
        processorTime: () => runningTime(rows[0].pid),
      }
    }
    const places = [await place('before', older), await place('after', root), await place('again', older)]
    console.log(
      `Processor time for an entry, medians of ${rounds} rounds, load ${load()}: from ${first} on.\n`,
    )
    console.log(
      '| | without, µs | with, µs | with / without | without / without |\n| --- | --- | --- | --- | --- |',
    )
    for (const turn of turns) {
      const costs: number[][] = places.map(() => [])
      const inTurn = places.map((place, index) => ({ place, costs: costs[index] ?? [] }))
      for (let round = -2; round < rounds; round += 1) {
        for (const { place, costs } of inTurn) {
          const cost = await measure(place, { size: turn.size, entries })
          if (round >= 0) costs.push(cost)
        }
        inTurn.push(...inTurn.splice(0, 1))
      }
      const [before = 0, after = 0, again = 0] = costs.map(median)
      const without = (before + again) / 2
      const figures = [
        without.toFixed(1),
        after.toFixed(1),
        (after / without).toFixed(3),
        (again / before).toFixed(3),
      ]
      console.log(`| ${[turn.name, ...figures].join(' | ')} |`)
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()))
    await server.remove()
    rmSync(older, { recursive: true })
  }
}

/** Returns the processor time for an entry, in µs. */
async function measure(
  { sql, processorTime }: Place,
  { size, entries }: { size: number; entries: number },
): Promise<number> {
  const calls = Math.ceil(entries / size / (size === 1 ? 8 : 1)) // a call of one costs several times as much
  const begun = processorTime()
  for (let call = 0; call < calls; call += 1) await postCall(sql, drawDifferent(owners, size))
  return (processorTime() - begun) / (calls * size)
}

/** Copies the ledger's migrations before one to a folder of their own. */
function withoutMigrations(root: string, first: string): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'shared-ledger-bench-'))
  cpSync(path.join(root, 'prisma'), path.join(copy, 'prisma'), { recursive: true })
  cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'))
  const migrations = path.join(copy, 'prisma', 'migrations')
  for (const name of readdirSync(migrations)) {
    if (name >= first && name !== 'migration_lock.toml')
      rmSync(path.join(migrations, name), { recursive: true })
  }
  return copy
}

/** Makes a ledger by the migrations of a folder, with credits for each owner, and connects to it. */
async function makeLedger(databaseUrl: string, root: string): Promise<pg.Client> {
  await migrate({ databaseUrl, root, apps: [], log: () => {} })
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('SELECT ledger.set_operations($1, $2)', [app, Object.keys(operations)])
  await client.query(
    `SELECT ledger.post_${app}(owner, ARRAY[owner], ARRAY[1], json_build_object(
       'id', ARRAY[gen_random_uuid()], 'nonce', ARRAY['given'], 'request', ARRAY[1], 'account', ARRAY[1],
       'operation', ARRAY['CREDIT_ADD'], 'amount', ARRAY[1000000], 'requested', ARRAY[1000000]))
       FROM unnest($1::text[]) owner`,
    [owners],
  )
  return client
}

await main()
