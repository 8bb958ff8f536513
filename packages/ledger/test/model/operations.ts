import { defineOperations, sharedOperations, transferOperations } from '../../src/index.ts'

/** Operations of every kind: fixed, ranged, free, paired, and with a limit of every window. */
export const operations = defineOperations({
  ...sharedOperations,
  ...transferOperations,
  DAILY_REWARD: { ...sharedOperations.DAILY_REWARD, limit: { times: 2, per: 'day' } },
  SIGNUP_CREDIT: { ...sharedOperations.SIGNUP_CREDIT, limit: { times: 1, per: 'lifetime' } },
  FEE: { amount: -2 },
  NOTE: { amount: 0 },
  BOOST: { amount: { min: -4, max: -1 }, limit: { times: 3, per: 'hour' } },
  BONUS: { amount: { min: 1, max: 4, default: 2 }, limit: { times: 2, per: 'week' } },
  GRANT: { amount: { min: 1, max: 6 }, limit: { times: 3, per: 'month' } },
})

export type Operation = keyof typeof operations
