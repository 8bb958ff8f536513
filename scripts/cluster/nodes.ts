import { existsSync } from 'node:fs'
import path from 'node:path'
import { urlOf } from '../../packages/postgres/src/embedded/attach.ts'
import { programOf } from '../../packages/postgres/src/embedded/binaries.ts'
import { initialise } from '../../packages/postgres/src/embedded/initialise.ts'
import { isUnleased } from '../../packages/postgres/src/embedded/lease.ts'
import { readPidFile } from '../../packages/postgres/src/embedded/pid-file.ts'
import {
  dataOf,
  isInitialised,
  makeOpen,
  type Placement,
  place,
} from '../../packages/postgres/src/embedded/placement.ts'
import { startServer, stopServer } from '../../packages/postgres/src/embedded/server.ts'
import { messageOf } from '../../packages/postgres/src/errors.ts'

/** A node of a cluster: a PostgreSQL server with Citus. */
export interface Node extends NodePlace {
  readonly port: number
  /** Returns the url of a database on this node. */
  url(database: string): string
  /** Starts it again, on the same port, after it has ended. */
  startAgain(): Promise<void>
}

/** No order of texts that an operating system changes. PostgreSQL has its own C.UTF-8 only since version 17. */
const initdbOptions = [
  '--encoding=UTF8',
  '--locale=C',
  '--auth-host=scram-sha-256',
  '--auth-local=trust', // nodes reach each other by sockets in a folder that only their system user may enter
  '--no-instructions',
]

const settings = {
  shared_preload_libraries: 'citus',
  wal_level: 'logical', // shards move by logical replication
  max_worker_processes: '64', // Citus has one for each database
  TimeZone: 'UTC',
  // Migrations are transactions of many commands, and the triggers that keep entries append-only belong to each shard.
  'citus.multi_shard_modify_mode': 'sequential',
  'citus.enable_unsafe_triggers': 'on',
  // How soon a transaction that a crash left prepared is finished. The unit is a millisecond.
  'citus.recover_2pc_interval': '10000',
}

/** @throws Error that says what CLUSTER_BIN must be */
export function programsIn(bin: string | undefined): string {
  const must = 'the folder of the programs of a PostgreSQL with Citus, such as /usr/lib/postgresql/17/bin'
  if (!bin) throw new Error(`CLUSTER_BIN must be set: ${must}.`)
  const programs = path.dirname(path.resolve(bin))
  const lacks = (['initdb', 'pg_ctl', 'postgres'] as const).find(
    (program) => !existsSync(programOf(programs, program)),
  )
  if (path.basename(path.resolve(bin)) === 'bin' && lacks === undefined) return programs
  throw new Error(`CLUSTER_BIN must be ${must}: ${bin} has no ${lacks ?? 'name "bin"'}.`)
}

/** Where a node's programs and data are. */
export interface NodePlace {
  readonly name: string
  readonly placement: Placement
}

/** Finds the folders of a node below that of the cluster, and makes its data when it has none. */
export async function placeNode(
  name: string,
  { programs, directory, password }: PlaceOptions,
): Promise<NodePlace> {
  const own = path.join(directory, name)
  makeOpen(own)
  const placement = await place(own, { folder: programs, version: 'cluster' })
  if (!isInitialised(placement.home)) await initialise(placement, { initdb: initdbOptions, password })
  return { name, placement }
}

interface PlaceOptions {
  readonly programs: string
  /** The folder of the cluster. */
  readonly directory: string
  /** The password of new nodes. Citus sets the coordinator's on all nodes. */
  readonly password: string
}

/**
 * Stops a server that a killed run has left.
 *
 * @throws Error when the run is still there
 */
export async function stopLeft({ name, placement }: NodePlace): Promise<void> {
  const running = readPidFile(dataOf(placement.home))
  if (running === undefined) return
  if (!(await isUnleased(urlOf(placement, running.port)('postgres')))) {
    throw new Error(`The cluster already runs: its ${name} is in ${placement.home}. Stop that run first.`)
  }
  await stopServer(placement)
}

interface StartOptions {
  /** The port to use if it is free. */
  readonly port: number
  /** The folder of the nodes' sockets. */
  readonly sockets: string
  /** PostgreSQL's settings beside those of every node. */
  readonly settings: Readonly<Record<string, string>>
}

/** @throws Error that says what is missing when the PostgreSQL has no Citus */
export async function startNode(
  { name, placement }: NodePlace,
  { port, sockets, settings: wanted }: StartOptions,
): Promise<Node> {
  try {
    const own = {
      ...settings,
      unix_socket_directories: sockets,
      'citus.local_hostname': sockets, // a node reaches itself as the others do
      ...wanted,
    }
    const used = await startServer(placement, { port, settings: own })
    return {
      name,
      placement,
      port: used,
      url: urlOf(placement, used),
      async startAgain() {
        await startServer(placement, { port: used, portIsFixed: true, settings: own })
      },
    }
  } catch (error) {
    if (!messageOf(error).includes('could not access file "citus"')) throw error
    const advice = 'Install Citus for it, or set CLUSTER_BIN to another one.'
    throw new Error(`The PostgreSQL in ${placement.programs} has no Citus. ${advice}`, { cause: error })
  }
}
