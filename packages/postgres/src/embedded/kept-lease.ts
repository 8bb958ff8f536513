import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { messageOf } from '../errors.ts'
import { isRestarting, takeLease } from './lease.ts'

interface KeptLeaseOptions {
  /** The url of the database "postgres". It stays the same while the lease is kept. */
  readonly url: string
  /** Starts the server of that url again if it has ended. */
  readonly startAgain: () => Promise<void>
  readonly log: (line: string) => void
}

/** A lease that is taken again whenever it is lost. A server that has ended is started again. */
export interface KeptLease {
  /** Whether the lease is no longer wanted. */
  isGivenUp(): boolean
  /** Stops keeping the lease. Returns its connection, which may have ended. */
  giveUp(): Promise<pg.Client>
}

const SHORTLY_MS = 50
const LATER_MS = 1_000

/** Takes a lease and keeps it until it is given up. */
export async function keepLease({ url, startAgain, log }: KeptLeaseOptions): Promise<KeptLease> {
  let givenUp = false
  let takingAgain = Promise.resolve()
  const onLost = () => {
    if (!givenUp) takingAgain = takeAgain()
  }
  let lease = await takeLease(url, onLost)

  async function takeAgain(): Promise<void> {
    for (let told = ''; ; ) {
      await sleep(SHORTLY_MS)
      if (givenUp) return
      try {
        lease = await takeLease(url, onLost)
        return
      } catch (error) {
        // This retries without the start lock: its holder may be about to decide that nobody has a lease.
        if (isRestarting(error)) continue
      }
      try {
        await startAgain()
      } catch (error) {
        const line = messageOf(error)
        if (line !== told) log(line)
        told = line
        await sleep(LATER_MS)
      }
    }
  }

  return {
    isGivenUp: () => givenUp,
    async giveUp() {
      givenUp = true
      await takingAgain
      return lease
    },
  }
}
