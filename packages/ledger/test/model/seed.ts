import { inject } from 'vitest'

/** Whether this is `npm run test:long`. */
export const isLong = process.env.MODE === 'long'

/** The time limit of a test's usual run. A statement on a cluster takes several times as long. */
export const usualTimeout = inject('postgres').isCluster ? 7_200_000 : 1_200_000

/** When every history begins. A new hour, day, week and month begin soon after. */
export const start = Date.UTC(2026, 1, 26, 22, 59, 58)

/**
 * Returns fast-check's options: a new seed each time, which is printed at the start. MODEL_SEED=… replays it, and
 * MODEL_PATH=… selects the one failure that fast-check named.
 */
export function replay({ numRuns, timeout }: { numRuns: number; timeout: number }) {
  const { MODEL_SEED, MODEL_PATH } = process.env
  const seed = MODEL_SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(MODEL_SEED)
  console.log(`MODEL_SEED=${seed}`)
  return {
    seed,
    numRuns,
    ...(MODEL_PATH !== undefined && { path: MODEL_PATH }),
    // The rest of the time is for reporting the failure.
    interruptAfterTimeLimit: timeout - 30_000,
  }
}
