import { parseArgs } from 'node:util'

/** The options of a run. */
export interface Options {
  /** How long clients send and faults come, in seconds. The checks afterwards take additional time. */
  readonly seconds: number
  /** The seed for requests and faults. */
  readonly seed: number
  /** How soon after a fault's end each server must have posted again. */
  readonly recoverySeconds: number
}

export const usage = `npm run torture [-- --seconds 60 --seed N --recovery-seconds 10]: clients post through several servers of each app while
PostgreSQL, the servers and the networks between them fail; then every answer is compared with the ledger. Exits with 1
when one is contradicted, or when a server needs longer than --recovery-seconds after a fault.`

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
      'recovery-seconds': { type: 'string', default: '10' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  return {
    seconds: numberOf('seconds', values.seconds, leastSeconds),
    seed: seedOf(values.seed),
    recoverySeconds: numberOf('recovery-seconds', values['recovery-seconds'], 1),
  }
}

function numberOf(name: string, text: string, least: number): number {
  const number = Number(text)
  if (!(number >= least && number < Number.POSITIVE_INFINITY))
    throw new TypeError(`--${name} must be a number from ${least} on, not ${JSON.stringify(text)}.`)
  return number
}

function seedOf(text: string): number {
  const seed = Number(text)
  if (text.trim() === '' || !Number.isInteger(seed) || seed < 0 || seed > maxSeed)
    throw new TypeError(`--seed must be a whole number from 0 to ${maxSeed}, not ${JSON.stringify(text)}.`)
  return seed
}
