import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Surroundings } from './machine.ts'
import type { Measured } from './rounds.ts'
import type { Sizes } from './sizes.ts'
import type { TargetResult } from './targets.ts'

/** The results of a run. */
export interface Results extends Surroundings {
  readonly measuredOn: string
  readonly postgres: string
  readonly settings: Readonly<Record<string, string>>
  /** The machine's load over a minute, before the rounds and after them. */
  readonly load: readonly number[]
  readonly rounds: number
  readonly seconds: number
  readonly sizes: Sizes
  /** Blocks that came from outside PostgreSQL's buffers during the measurement. */
  readonly blocksRead: number
  readonly targets: readonly TargetResult[]
  readonly variants: readonly Measured[]
}

/** Writes results, formatted as biome would. */
export function writeResults(file: string, results: Results): void {
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : value
  const text = JSON.stringify({ ...results, sizes: undefined }, rounded, 2)
  const sizes = JSON.stringify(results.sizes, undefined, 2)
  const whole = text.replace(/\n}$/, `,\n  "sizes": ${sizes.replaceAll('\n', '\n  ')}\n}\n`)
  writeFileSync(
    file,
    whole.replace(/\[[^[\]{}]*\]/g, (list) =>
      list.replace(/\s+/g, ' ').replace(/^\[ | \]$/g, (end) => end.trim()),
    ),
  )
}

/** Reads the results of an earlier run. @throws Error when there are none */
export function readResults(file: string): Results {
  if (!existsSync(file)) throw new Error(`There are no results in ${file} yet: npm run bench`)
  return JSON.parse(readFileSync(file, 'utf8'))
}
