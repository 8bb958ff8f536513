import { parseArgs } from 'node:util'

/** The options of a run. */
export interface Options {
  /** How long clients send and faults come, in seconds. The checks afterwards take additional time. */
  readonly seconds: number
  /** The seed for requests and faults. */
  readonly seed: number
  /** How soon after a fault's end each server must have posted again. */
  readonly recoverySeconds: number
  /** How many workers the Citus cluster has. 0 for one PostgreSQL. */
  readonly workers: number
}

export const usage = `npm run torture [-- --seconds 60 --seed N --recovery-seconds 10 --cluster 2]: clients post through several servers of
each app while PostgreSQL, the servers and the networks between them fail; then every answer is compared with the
ledger. Exits with 1 when one is contradicted, or when a server needs longer than --recovery-seconds after a fault.
--cluster starts a Citus cluster with so many workers, of the programs in the folder CLUSTER_BIN. Its servers have 30 s.`

/** On a cluster, what a node was killed in the middle of keeps its locks until the nodes have agreed on it. */
const [recoverySecondsOfOne, recoverySecondsOfCluster] = ['10', '30']

/** The shortest time in which there is a fault. */
const leastSeconds = 5

const maxSeed = 2 ** 32 - 1

/** Reads the command line. Returns undefined when it asks for help. @throws TypeError for an unknown option */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * maxSeed)) },
      'recovery-seconds': { type: 'string' },
      cluster: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const workers = values.cluster === undefined ? 0 : clusterOf(values.cluster)
  const recoverySeconds = workers === 0 ? recoverySecondsOfOne : recoverySecondsOfCluster
  return {
    seconds: numberOf('seconds', values.seconds, leastSeconds),
    seed: seedOf(values.seed),
    recoverySeconds: numberOf('recovery-seconds', values['recovery-seconds'] ?? recoverySeconds, 1),
    workers,
  }
}

/** One worker would have no other one to move a shard to. */
const [leastWorkers, mostWorkers] = [2, 8]

export function clusterOf(text: string): number {
  const workers = Number(text)
  if (!Number.isInteger(workers) || workers < leastWorkers || workers > mostWorkers) {
    throw new TypeError(
      `--cluster must be a number of workers from ${leastWorkers} to ${mostWorkers}, not ${JSON.stringify(text)}.`,
    )
  }
  return workers
}

export function numberOf(name: string, text: string, least: number): number {
  const number = Number(text)
  if (!(number >= least && number < Number.POSITIVE_INFINITY))
    throw new TypeError(`--${name} must be a number from ${least} on, not ${JSON.stringify(text)}.`)
  return number
}

export function seedOf(text: string): number {
  const seed = Number(text)
  if (text.trim() === '' || !Number.isInteger(seed) || seed < 0 || seed > maxSeed)
    throw new TypeError(`--seed must be a whole number from 0 to ${maxSeed}, not ${JSON.stringify(text)}.`)
  return seed
}
