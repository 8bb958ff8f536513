import type { Listener } from './channel.ts'
import { coalesce } from './coalesce.ts'
import type { FollowedList } from './list.ts'
import type { Subscriber } from './subscriber.ts'

/** How often subscribers look without a wake-up. A wake-up may be lost, and an app's own transactions send none. */
const pollMs = 1000
/** The shortest time between two queries. */
const pauseMs = 10

/** Watches the lists of subscribers while there are any, with one query for all lists. */
export function createWatch({
  listen,
  list,
}: {
  readonly listen: (onWakeUp: () => void) => Listener
  readonly list: Pick<FollowedList<string>, 'ends' | 'lookAgainMs'>
}) {
  const subscribers = new Set<Subscriber>()
  let timer: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined
  let isClosed = false

  const look = coalesce(async () => {
    if (subscribers.size === 0) return
    const ends = await list.ends([...new Set([...subscribers].map(({ key }) => key))])
    const waitMs = list.lookAgainMs()
    clearTimeout(again)
    if (waitMs !== undefined) again = setTimeout(look, waitMs).unref()
    await Promise.all([...subscribers].map((subscriber) => subscriber.reached(ends.get(subscriber.key) ?? 0)))
  }, pauseMs)
  const listener = listen(look)

  return {
    add(subscriber: Subscriber) {
      if (isClosed) subscriber.end()
      if (subscriber.isEnded) return
      subscribers.add(subscriber)
      listener.open()
      timer ??= setInterval(() => {
        listener.open()
        look()
      }, pollMs)
    },
    remove(subscriber: Subscriber) {
      if (!subscribers.delete(subscriber) || subscribers.size > 0) return
      clearInterval(timer)
      clearTimeout(again)
      timer = undefined
      listener.close()
    },
    /** Ends all subscribers, and from now on each new one at once. */
    close() {
      isClosed = true
      for (const subscriber of subscribers) subscriber.end()
    },
  }
}
