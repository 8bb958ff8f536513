import { parseArgs } from 'node:util'
import { clusterOf, numberOf, seedOf } from '../options.ts'

export interface PausesOptions {
  readonly workers: number
  /** How many entries the ledger has before it is distributed. */
  readonly entries: number
  readonly seed: number
  /** How long the phases last in which nothing is done to the cluster. */
  readonly seconds: number
}

export const usage = `CLUSTER_BIN=… npm run torture:pauses [-- --cluster 2 --entries 1000000 --seconds 10 --seed N]: both apps serve while
their ledger is distributed over a Citus cluster, and while each of its shards is moved. It prints the longest time that
a posting took, and exits with 1 when an answer is contradicted by the ledger.`

/** Reads the command line. Returns undefined when it asks for help. @throws TypeError for an unknown option */
export function parsePausesOptions(args: readonly string[]): PausesOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cluster: { type: 'string', default: '2' },
      entries: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  return {
    workers: clusterOf(values.cluster),
    entries: numberOf('entries', values.entries, 0),
    seconds: numberOf('seconds', values.seconds, 1),
    seed: seedOf(values.seed),
  }
}
