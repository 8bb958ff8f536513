/** How many connections a pool of `createPool` opens at most. */
export const poolSize = 10

/** How many connections one process of an app opens at most: those of its pool, and the one that hears of new entries. */
export const connectionsPerProcess = poolSize + 1
