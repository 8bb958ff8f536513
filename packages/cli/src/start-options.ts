import { UsageError } from './exit.ts'

const MAX_WORKERS = 16

/** Returns how many processes should serve each app. @throws UsageError that says which numbers are allowed */
export function workersOf(given: string): number {
  const workers = Number(given)
  if (/^\d+$/.test(given) && workers >= 1 && workers <= MAX_WORKERS) return workers
  throw new UsageError(
    `--workers must be a whole number from 1 to ${MAX_WORKERS}, not ${JSON.stringify(given)}.`,
  )
}
