import { databaseOf, readDatabaseUrl } from '@shared-ledger/ledger/session'
import pg from 'pg'
import { withConnection } from '../connection.ts'
import { withDatabase, withServer } from '../database-url.ts'
import { messageOf } from '../errors.ts'
import type { NodeAddress } from './address.ts'
import { hasCitus } from './every-node.ts'

export interface JoinOptions {
  /** The url of the coordinator's database. Its login is also used to make the database of a worker. */
  readonly databaseUrl: string
  readonly workers: readonly NodeAddress[]
  /** Where workers find the coordinator. When left out, it is where they find it already, or the host of the url. */
  readonly coordinator?: NodeAddress
  /** Called with lines that tell a person what happens. */
  readonly log: (line: string) => void
}

/**
 * Makes a database the coordinator of a cluster, and adds the workers that it does not have. Makes the database and
 * the extension of each where they are missing. A second call changes nothing.
 *
 * @throws Error that says what to do when a node is not reached, has no Citus, differs from the coordinator, or belongs
 *   to another cluster. The workers before it are added.
 */
export async function joinNodes(connection: pg.ClientBase, options: JoinOptions): Promise<void> {
  const { workers, log } = options
  await makeExtension(connection)
  await assertCoordinator(connection)
  await setCoordinator(connection, options)
  const own = await factsOf((query) => ask(connection, query))
  for (const worker of workers) {
    if (await isNode(connection, worker)) continue
    const name = nameOf(worker)
    log(`Adding the worker ${name} …`)
    await reach(connection, worker, { ...options, own })
    const facts = await factsOf((query) => runOn(connection, worker, query))
    const problem = problemOf(facts, own)
    if (problem) throw new Error(`The node ${name} cannot be a worker: ${problem}`)
    if (facts.citus === null) await makeExtensionOn(connection, worker)
    await assertAlone((query) => runOn(connection, worker, query), name)
    await connection.query('SELECT citus_add_node($1, $2)', [worker.host, worker.port]).catch((error) => {
      throw new Error(`The node ${name} was not added: ${messageOf(error)}`, { cause: error })
    })
  }
}

const nameOf = ({ host, port }: NodeAddress) => `${host}:${port}`

async function makeExtension(connection: pg.ClientBase): Promise<void> {
  if (await hasCitus(connection)) return
  await connection.query('CREATE EXTENSION citus').catch((error) => {
    throw new Error(`The coordinator has no Citus (${messageOf(error)}). ${installing}`, { cause: error })
  })
}

const installing =
  'Install the package of Citus for its PostgreSQL, put citus first into shared_preload_libraries, and restart it.'

async function assertCoordinator(connection: pg.ClientBase): Promise<void> {
  const { rowCount } = await connection.query('SELECT FROM pg_dist_local_group WHERE groupid <> 0')
  if (rowCount !== 0)
    throw new Error('The database is that of a worker. Set DATABASE_URL to the coordinator.')
}

/** Hosts that lead each node to itself. */
const loopback = ['localhost', '127.0.0.1', '::1']

async function setCoordinator(
  connection: pg.ClientBase,
  { databaseUrl, coordinator, workers }: JoinOptions,
): Promise<void> {
  const { rows } = await connection.query<NodeAddress>(
    'SELECT nodename AS host, nodeport AS port FROM pg_dist_node WHERE groupid = 0',
  )
  const known = rows[0]
  const isKnown = known !== undefined && known.host !== 'localhost'
  if (coordinator === undefined && (isKnown || workers.length === 0)) return
  const { host = 'localhost', port = 5432 } = coordinator ?? readDatabaseUrl(databaseUrl)
  if (coordinator === undefined && loopback.includes(host)) {
    throw new Error(
      'The url leads to the coordinator from this machine alone. Say where workers find it: --coordinator HOST:PORT',
    )
  }
  if (known?.host === host && known.port === port) return
  await connection.query('SELECT citus_set_coordinator_host($1, $2)', [host, port])
}

async function isNode(connection: pg.ClientBase, { host, port }: NodeAddress): Promise<boolean> {
  const { rowCount } = await connection.query(
    'SELECT FROM pg_dist_node WHERE nodename = $1 AND nodeport = $2 AND isactive',
    [host, port],
  )
  return rowCount === 1
}

/** Waits until the coordinator reaches the database on the node. Makes the database if it is missing. */
async function reach(
  connection: pg.ClientBase,
  worker: NodeAddress,
  { databaseUrl, own }: JoinOptions & { readonly own: Facts },
): Promise<void> {
  const database = databaseOf(databaseUrl)
  const failure = await failureOf(connection, worker)
  if (failure === undefined) return
  const name = nameOf(worker)
  if (!failure.includes(`database "${database}" does not exist`)) {
    throw new Error(
      `The coordinator does not reach the node ${name} as its own user, which the node must let in: ${failure}`,
    )
  }
  const quoted = pg.escapeIdentifier(database)
  const create =
    `CREATE DATABASE ${quoted} TEMPLATE template0 ENCODING ${pg.escapeLiteral(own.encoding)} ` +
    `LC_COLLATE ${pg.escapeLiteral(own.collation)} LC_CTYPE ${pg.escapeLiteral(own.characters)}`
  const maintenance = withDatabase(withServer(databaseUrl, worker), 'postgres')
  await withConnection(maintenance, (direct) => direct.query(create)).catch((error) => {
    const reason = `it cannot be made from here (${messageOf(error)})`
    throw new Error(`The node ${name} has no database ${quoted}, and ${reason}. Make it there: ${create};`, {
      cause: error,
    })
  })
}

/** Returns why the coordinator does not reach the database on a node. Undefined if it does. */
async function failureOf(
  connection: pg.ClientBase,
  { host, port }: NodeAddress,
): Promise<string | undefined> {
  let warning = 'it gives no reason'
  const hear = ({ message }: { message?: string | undefined }) => {
    if (message) warning = message
  }
  connection.on('notice', hear)
  try {
    const { rows } = await connection.query<{ reached: boolean }>(
      'SELECT citus_check_connection_to_node($1, $2) AS reached',
      [host, port],
    )
    // Citus' own words come before PostgreSQL's.
    return rows[0]?.reached ? undefined : warning.replace(/^connection to .* following error: /, '').trim()
  } finally {
    connection.off('notice', hear)
  }
}

/** What nodes must have in common, and what a worker must not have. */
interface Facts {
  /** The major version. */
  readonly postgres: number
  /** The version of the extension. */
  readonly citus: string | null
  readonly encoding: string
  readonly collation: string
  readonly characters: string
  /** Whether the database has a ledger that was migrated there. */
  readonly ledger: boolean
}

const facts = `
  SELECT json_build_object(
           'postgres', current_setting('server_version_num')::int / 10000,
           'citus', (SELECT extversion FROM pg_extension WHERE extname = 'citus'),
           'encoding', pg_encoding_to_char(encoding), 'collation', datcollate, 'characters', datctype,
           'ledger', to_regclass('ledger._prisma_migrations') IS NOT NULL)
    FROM pg_database WHERE datname = current_database()`

const factsOf = async (run: (query: string) => Promise<string>): Promise<Facts> =>
  JSON.parse(await run(facts))

function problemOf(worker: Facts, own: Facts): string | undefined {
  if (worker.ledger) return 'its database has a ledger of its own.'
  if (worker.postgres !== own.postgres)
    return `it has PostgreSQL ${worker.postgres}, and the coordinator ${own.postgres}.`
  if (worker.citus !== null && worker.citus !== own.citus)
    return `its database has Citus ${worker.citus}, and the coordinator's ${own.citus}. Update the older: ALTER EXTENSION citus UPDATE`
  const differs = (['encoding', 'collation', 'characters'] as const).find(
    (fact) => worker[fact] !== own[fact],
  )
  return (
    differs && `the ${differs} of its database is ${worker[differs]}, and the coordinator's ${own[differs]}.`
  )
}

async function makeExtensionOn(connection: pg.ClientBase, worker: NodeAddress): Promise<void> {
  await runOn(connection, worker, 'CREATE EXTENSION citus').catch((error) => {
    throw new Error(`The node ${nameOf(worker)} has no Citus (${messageOf(error)}). ${installing}`, {
      cause: error,
    })
  })
}

/** @throws Error when the node belongs to another cluster */
async function assertAlone(run: (query: string) => Promise<string>, name: string): Promise<void> {
  const groups = await run(
    'SELECT string_agg(DISTINCT l.groupid::text, $$$$) FROM pg_dist_node, pg_dist_local_group l',
  )
  if (groups === '') return
  const role = groups === '0' ? 'the coordinator' : 'a worker'
  throw new Error(
    `The node ${name} is ${role} of another cluster. Each cluster needs nodes or databases of its own.`,
  )
}

async function ask(connection: pg.ClientBase, query: string): Promise<string> {
  const { rows } = await connection.query<unknown[]>({ text: query, rowMode: 'array' })
  const value = rows[0]?.[0]
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Runs a query on a node that the cluster may not know yet. Returns the value that it selects. */
async function runOn(connection: pg.ClientBase, { host, port }: NodeAddress, query: string): Promise<string> {
  const { rows } = await connection.query<{ success: boolean; result: string | null }>(
    'SELECT success, result FROM master_run_on_worker(ARRAY[$1], ARRAY[$2::int], ARRAY[$3], false)',
    [host, port, query],
  )
  if (rows[0]?.success) return rows[0].result ?? ''
  throw new Error(rows[0]?.result ?? 'no answer')
}
