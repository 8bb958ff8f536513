import type pg from 'pg'
import { createListener } from './channel.ts'
import { coalesce } from './coalesce.ts'
import type { Subscriber } from './subscriber.ts'

/** How often subscribers look without a wake-up. A wake-up may be lost, and an app's own transactions send none. */
const pollMs = 1000
/** The shortest time between two queries. */
const pauseMs = 10

/** Watches the owners of a ledger's subscribers while there are any, with one query for all owners. */
export function createWatch({
  app,
  connection,
  currentSeqs,
}: {
  readonly app: string
  readonly connection: pg.ClientConfig
  readonly currentSeqs: (ownerIds: readonly string[]) => Promise<ReadonlyMap<string, number>>
}) {
  const subscribers = new Set<Subscriber>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const look = coalesce(async () => {
    if (subscribers.size === 0) return
    const seqs = await currentSeqs([...new Set([...subscribers].map(({ ownerId }) => ownerId))])
    await Promise.all(
      [...subscribers].map((subscriber) => subscriber.reached(seqs.get(subscriber.ownerId) ?? 0)),
    )
  }, pauseMs)
  const listener = createListener(app, connection, look)

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
