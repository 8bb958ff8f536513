/** Counts the drafts that a ledger has received and not answered. */
export interface AtWork {
  /** The number of these drafts. */
  readonly drafts: number
  /** Counts drafts while a function works on them. */
  track<Result>(drafts: number, run: () => Promise<Result>): Promise<Result>
  /** Resolves once there are none. */
  none(): Promise<void>
}

export function createAtWork(): AtWork {
  let count = 0
  const waiting: (() => void)[] = []
  return {
    get drafts() {
      return count
    },
    async track(drafts, run) {
      count += drafts
      try {
        return await run()
      } finally {
        count -= drafts
        if (count === 0) for (const resolve of waiting.splice(0)) resolve()
      }
    },
    async none() {
      if (count > 0) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}
