import { SubscriberTooSlowError } from '../errors.ts'

/** How many more unread entries a subscriber may have than at its best moment. */
const maxFallenBehind = 10_000

/** One reader of a list: how far it has read, and how much there is to read. Places in the list are its seqs. */
export interface Subscriber {
  /** Which list. */
  readonly key: string
  /** The seq of the last entry that was read. */
  position: number
  /** Whether it has ended. */
  readonly isEnded: boolean
  /** Notes the seq of the list's last entry. Ends a reader that has fallen too far behind. */
  reached(seq: number): Promise<void>
  /** The highest seq that was noted. */
  readonly seq: number
  /** Waits until the list's seq is beyond this one, or the subscriber ends. */
  beyond(seq: number): Promise<void>
  /** Ends it. The reader gets the error, if one is given. */
  end(error?: Error): void
  /** The error with which it ended. */
  readonly failure: Error | undefined
}

/** How far a subscriber has read, and up to which seq it knows of entries. */
export interface Reading {
  readonly position: number
  readonly seq: number
}

export function createSubscriber({
  key,
  position,
  seq,
  fallenBehind,
  onEnd,
}: {
  key: string
  position: number
  seq: number
  /** Counts how many more entries of the app are unread than before. Seqs count those of other apps, too. */
  fallenBehind: (key: string, before: Reading, now: Reading) => Promise<number>
  onEnd: (subscriber: Subscriber) => void
}): Subscriber {
  let best: Reading = { position, seq }
  let leastUnread = seq - position
  let reached = seq
  let isEnded = false
  let failure: Error | undefined
  let wake = () => {}

  const isTooSlow = async () => {
    const { position } = subscriber
    const now = { position, seq: Math.max(reached, position) }
    const unread = now.seq - position
    if (unread <= leastUnread) {
      leastUnread = unread
      best = now
    }
    if (unread - leastUnread <= maxFallenBehind) return false
    const behind = await fallenBehind(key, best, now)
    leastUnread = unread - behind // the rest are entries of other apps
    return behind > maxFallenBehind
  }

  const subscriber: Subscriber = {
    key,
    position,
    get isEnded() {
      return isEnded
    },
    get seq() {
      return reached
    },
    async reached(seq) {
      reached = Math.max(reached, seq)
      if (await isTooSlow()) subscriber.end(new SubscriberTooSlowError(maxFallenBehind))
      wake()
    },
    async beyond(seq) {
      while (!isEnded && reached <= seq) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    end(error) {
      if (isEnded) return
      isEnded = true
      failure = error
      onEnd(subscriber)
      wake()
    },
    get failure() {
      return failure
    },
  }
  return subscriber
}
