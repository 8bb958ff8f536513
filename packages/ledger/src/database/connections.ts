/** The most connections that a pool of `createPool` opens. */
export const poolSize = 10

/** The most connections that one process of an app opens: those of its pool, and the one that hears of new entries. */
export const connectionsPerProcess = poolSize + 1
