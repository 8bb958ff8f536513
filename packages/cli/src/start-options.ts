import { parseArgs } from 'node:util'

/** What `npm start` is told. */
export interface StartOptions {
  /** The apps to start; none: all. */
  readonly names: readonly string[]
  /** How many processes serve each app. */
  readonly workers: number
}

const MAX_WORKERS = 16

/** Reads the arguments of `npm start`. @throws Error that says what is wrong with them. */
export function readStartOptions(args: string[]): StartOptions {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { workers: { type: 'string', default: '1' } },
  })
  const workers = Number(values.workers)
  if (!/^\d+$/.test(values.workers) || workers < 1 || workers > MAX_WORKERS) {
    throw new Error(
      `--workers must be a whole number from 1 to ${MAX_WORKERS}, not ${JSON.stringify(values.workers)}.`,
    )
  }
  return { names: positionals, workers }
}
