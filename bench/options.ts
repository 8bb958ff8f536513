import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fullSizes, type Sizes, tinySizes } from './sizes.ts'

export interface Options {
  /** How often each variant is measured. */
  readonly rounds: number
  /** How long each variant is measured each time. */
  readonly seconds: number
  /** Parts of the names of the variants to measure. All when empty. */
  readonly only: readonly string[]
  readonly sizes: Sizes
  /** The file for the results. */
  readonly results: string
  /** Whether to measure nothing, and only write the results of an earlier run into docs/performance.md. */
  readonly writeDocs: boolean
}

/** Where results are stored. */
export const resultsFile = join(import.meta.dirname, 'results.json')

/** Reads the command line. @throws TypeError for an unknown option */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true, // more names after --only
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1' },
      only: { type: 'string', multiple: true, default: [] },
      tiny: { type: 'boolean', default: false },
      results: { type: 'string', default: resultsFile },
      'write-docs': { type: 'boolean', default: false },
    },
  })
  return {
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    only: [...values.only, ...positionals],
    sizes: values.tiny ? tinySizes : fullSizes,
    results: values.results,
    writeDocs: values['write-docs'],
  }
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new TypeError(`--${name} must be a number above 0, not ${text}.`)
  return number
}
