/** Whether the trials are those of `npm run test:faults`, which take minutes, or the short ones of every test run. */
export const isFull = process.env.MODE === 'faults'

/** How long a request may take in these trials, with what a busy machine may add before its answer is read. */
export const requestBoundMs = isFull ? 15_000 : 6_000
export const slackMs = 5_000
