import { setTimeout as delay } from 'node:timers/promises'
import type { PrismaClient } from '../database/database.ts'
import { isUnsupported, query } from '../database/database-errors.ts'
import { OverloadedError, ValidationError } from '../errors.ts'
import { gather } from '../live/gather.ts'

/** What ledger.open_postings returns. */
interface OpenPostings {
  readonly last: string
  /** The names of transactions. */
  readonly open: readonly string[]
  /** Whether one of them is prepared. It had another name before. */
  readonly hasPrepared: boolean
}

/** An id up to which everything is decided as soon as these transactions have ended. */
interface Mark {
  readonly id: bigint
  readonly open: ReadonlySet<string>
  /** When it was made, in milliseconds of the process. */
  readonly madeAt: number
}

/** What a look at the database found. */
export interface Sight {
  /** The id up to which no entry of the app can appear any more. Undefined while nothing is known. */
  readonly decided: bigint | undefined
  /** The id of the last entry. */
  readonly last: bigint
  /** How long to wait for the next look while there are entries beyond `decided`: longer each time. */
  readonly lookAgainMs: number | undefined
}

/** How far the list of an app's entries can be read without missing one that commits later. */
export interface Horizon {
  /** Looks at the database. The answer is never older than the call. */
  look(): Promise<Sight>
  /** The highest id that earlier looks decided. */
  readonly decided: bigint | undefined
  /**
   * Returns an id up to which everything is decided: that of the last entry at the time of the call, or a lower one when
   * a transaction stays open longer than this waits.
   *
   * @throws OverloadedError when nothing is decided yet, because the process has just started
   * @throws ValidationError on a cluster and on a standby, where the entries of a whole app have no order
   */
  reach(): Promise<bigint>
}

/** The shortest and the longest time between two looks. */
const pauseMs = { least: 5, most: 1000 }

/** How long a page waits for open transactions. */
const patienceMs = 1000

/** Returns the refusal for a read of a whole app where its ids have no order. */
export function unordered(): ValidationError {
  const message =
    'must be given: the entries of a whole app have no order on a cluster, and no known end on a standby'
  return new ValidationError([{ field: 'ownerId', message }])
}

/** Runs a read of a whole app. @throws ValidationError where its ids have no order */
export async function inOrder<Result>(read: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await query(read)
  } catch (error) {
    throw isUnsupported(error) ? unordered() : error
  }
}

/** Creates an app's horizon. It moves with each look, and callers share the looks. */
export function createHorizon(app: string, prisma: PrismaClient): Horizon {
  let decided: bigint | undefined
  let mark: Mark | undefined

  const ask = async (): Promise<OpenPostings> => {
    const [row] = await inOrder(
      () => prisma.$queryRaw<{ found: OpenPostings }[]>`SELECT ledger.open_postings(${app}::text) AS found`,
    )
    if (!row) throw new Error('ledger.open_postings returned nothing')
    return row.found
  }
  /** Whether a transaction of the mark may still be open. */
  const isOpen = (before: Mark, { open, hasPrepared }: OpenPostings) =>
    hasPrepared || open.some((name) => before.open.has(name))

  const see = async (): Promise<Sight> => {
    const found = await ask()
    const last = BigInt(found.last)
    const now = performance.now()
    if (mark && !isOpen(mark, found)) {
      decided = mark.id
      mark = undefined
    }
    if (found.open.length === 0) {
      decided = last
      mark = undefined
    }
    if (decided === last) return { decided, last, lookAgainMs: undefined }
    mark ??= { id: last, open: new Set(found.open), madeAt: now }
    const lookAgainMs = Math.min(Math.max(now - mark.madeAt, pauseMs.least), pauseMs.most)
    return { decided, last, lookAgainMs }
  }
  const shared = gather(async () => new Map([['', await see()]]))
  const look = async (): Promise<Sight> => {
    const sight = await shared('')
    if (!sight) throw new Error('a look has no answer')
    return sight
  }

  return {
    look,
    get decided() {
      return decided
    },
    async reach() {
      const giveUpAt = performance.now() + patienceMs
      let sight = await look()
      const goal = sight.last
      while ((sight.decided ?? -1n) < goal) {
        const leftMs = giveUpAt - performance.now()
        if (leftMs <= 0) break
        await delay(Math.min(sight.lookAgainMs ?? pauseMs.least, leftMs))
        sight = await look()
      }
      if (sight.decided !== undefined) return sight.decided
      throw new OverloadedError(
        'A transaction that posts has been open since the server started. The list of all entries is ready when it has ended. Try again shortly.',
      )
    },
  }
}
