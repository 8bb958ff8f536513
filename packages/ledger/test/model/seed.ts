/** Whether this is `npm run test:long`. */
export const isLong = process.env.MODE === 'long'

/** When every history begins: soon after there are a new hour, day, week and month. */
export const start = Date.UTC(2026, 1, 26, 22, 59, 58)

/**
 * How fast-check runs: a new seed each time, printed, so that it is known however the run ends. MODEL_SEED=… replays it, and
 * with MODEL_PATH=… the one failure that fast-check named.
 */
export function replay({ numRuns, timeout }: { numRuns: number; timeout: number }) {
  const { MODEL_SEED, MODEL_PATH } = process.env
  const seed = MODEL_SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(MODEL_SEED)
  console.log(`MODEL_SEED=${seed}`)
  return {
    seed,
    numRuns,
    ...(MODEL_PATH !== undefined && { path: MODEL_PATH }),
    // What is left of the time is for telling what failed.
    interruptAfterTimeLimit: timeout - 30_000,
  }
}
