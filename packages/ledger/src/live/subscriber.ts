import { SubscriberTooSlowError } from '../errors.ts'

/** How many more unread entries a subscriber may have than at its best moment. */
const maxFallenBehind = 10_000

/** One reader of an owner's entries: how far it has read, and how much there is to read. */
export interface Subscriber {
  readonly ownerId: string
  /** The seq of the last entry that was read. */
  position: number
  /** Whether it has ended. */
  readonly isEnded: boolean
  /** Notes the seq of the owner's last entry. Ends a reader that has fallen too far behind. */
  reached(seq: number): void
  /** The highest seq that was noted. */
  readonly seq: number
  /** Waits until the owner's seq is beyond this one, or the subscriber ends. */
  beyond(seq: number): Promise<void>
  /** Ends it. The reader gets the error, if one is given. */
  end(error?: Error): void
  /** The error with which it ended. */
  readonly failure: Error | undefined
}

export function createSubscriber({
  ownerId,
  position,
  seq,
  onEnd,
}: {
  ownerId: string
  position: number
  seq: number
  onEnd: (subscriber: Subscriber) => void
}): Subscriber {
  let leastUnread = seq - position
  let reached = seq
  let isEnded = false
  let failure: Error | undefined
  let wake = () => {}

  const subscriber: Subscriber = {
    ownerId,
    position,
    get isEnded() {
      return isEnded
    },
    get seq() {
      return reached
    },
    reached(seq) {
      reached = Math.max(reached, seq)
      const unread = Math.max(reached - subscriber.position, 0)
      leastUnread = Math.min(leastUnread, unread)
      if (unread - leastUnread > maxFallenBehind) {
        subscriber.end(new SubscriberTooSlowError(maxFallenBehind))
      }
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
