import type pg from 'pg'
import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import type { LedgerEntry } from '../entry.ts'
import { ValidationError } from '../errors.ts'
import { bookSchema, ownerIdSchema, parseInput } from '../input.ts'
import type { Books } from '../operations/operations.ts'
import type { EntriesInput, EntryPage } from '../reading/entries.ts'
import type { Horizon } from '../reading/horizon.ts'
import { pageRange } from '../reading/page.ts'
import { createAppList, wholeApp } from './app-list.ts'
import { createListeners, type Listener } from './channel.ts'
import type { FollowedList } from './list.ts'
import { createOwnerLists } from './owner-list.ts'
import { createSharedPages } from './shared-pages.ts'
import { createSubscriber, type Subscriber } from './subscriber.ts'
import { createTurns } from './turns.ts'
import { createWatch } from './watch.ts'

/** An entry of a live list. */
export interface LiveEntry<Operation extends string = string> {
  /** The entry's position in the list, as in `entries`. */
  readonly cursor: string
  readonly entry: LedgerEntry<Operation>
}

/** Where a live list of entries begins, and when it ends. */
export interface LiveInput<Book extends string = string> {
  /** The app's own when left out. */
  readonly book?: Book | null | undefined
  /** The cursor of the last entry that was read. '' starts at the first entry. When left out, only new entries follow. */
  readonly after?: string | null | undefined
  /** Ends the list. */
  readonly signal?: AbortSignal | undefined
}

/** The live lists of one app's ledger. */
export interface LedgerLive<Operation extends string = string, Book extends string = string> {
  /**
   * Yields the app's entries of an owner in a book as any process of the app posts them, oldest first, each once. Null
   * stands for all owners: their entries come by id, each as soon as no open transaction can add one before it. When
   * the promise is fulfilled, every entry that is committed later will be in the list. The list goes on until it is left,
   * its signal aborts, or the ledger is closed. It reads pages as needed, and no posting waits for it.
   *
   * @throws ValidationError for an invalid owner or cursor, and for all owners on a cluster or a standby
   * @throws OverloadedError for all owners, while a transaction that posts has been open since the server started
   * @throws SubscriberTooSlowError by the iteration, when the reader falls 10,000 entries further behind, and
   *   DatabaseUnavailableError. Both can be continued from the last cursor.
   */
  postedEntries(
    ownerId: string | null,
    input?: LiveInput<Book>,
  ): Promise<AsyncIterableIterator<LiveEntry<Operation>>>
}

/**
 * How many entries go to subscribers in one turn of the event loop. Each entry executes its subscription's document.
 * This few keep a turn below about a millisecond, and do not slow a single subscriber down.
 */
const entriesPerTurn = 2

/** Creates an app's live lists of its books. */
export function createLive<Operation extends string>({
  app,
  books,
  connection,
  prisma,
  entries,
  horizon,
}: {
  readonly app: string
  readonly books: Books
  readonly connection: pg.ClientConfig
  readonly prisma: PrismaClient
  readonly entries: (input: EntriesInput<Operation>) => Promise<EntryPage<Operation>>
  readonly horizon: Horizon
}): LedgerLive<Operation> & { close(): void } {
  const listen = createListeners(app, connection)
  const followers = books.map((book) => {
    const options = { app, book, prisma, entries }
    return {
      book,
      owners: createFollower(listen, createOwnerLists(options)),
      wholeApp: createFollower(listen, createAppList({ ...options, horizon })),
    }
  })
  const inputSchema = z.object({ book: bookSchema(books) })
  return {
    async postedEntries(ownerId, { book, ...input } = {}) {
      const asked = parseInput(inputSchema, { book }).book
      const follower = followers.find((known) => known.book === asked)
      if (!follower) throw new Error('a book has no live lists')
      if (ownerId === null) return follower.wholeApp.follow(wholeApp, input)
      return follower.owners.follow(parseInput(ownerIdSchema, ownerId, 'ownerId'), input)
    },
    close() {
      for (const { owners, wholeApp } of followers) {
        owners.close()
        wholeApp.close()
      }
    },
  }
}

/** Lets readers follow lists of one kind. */
function createFollower<Operation extends string>(
  listen: (onWakeUp: () => void) => Listener,
  list: FollowedList<Operation>,
) {
  const watch = createWatch({ listen, list })
  const pageAfter = createSharedPages(list.page, ({ edges }) => edges.length === 0)
  const turn = createTurns(entriesPerTurn)
  const positionAt = (cursor: string | null) => Number((cursor && list.cursors.read(cursor)) ?? 0)

  async function* read(subscriber: Subscriber): AsyncGenerator<LiveEntry<Operation>, void> {
    const { key } = subscriber
    while (!subscriber.isEnded) {
      const { seq, position } = subscriber
      const { page, isFresh } = pageAfter(key, position, seq)
      const { edges, pageInfo } = await page
      for (const { cursor, node } of edges) {
        await turn()
        if (subscriber.isEnded) break
        subscriber.position = list.positionOf(node)
        yield { cursor, entry: node }
      }
      // A page may have looked further than its last entry.
      if (pageInfo.hasNextPage)
        subscriber.position = Math.max(subscriber.position, positionAt(pageInfo.endCursor))
      if (!isFresh || pageInfo.hasNextPage) continue
      // What the page lacks up to this seq are entries of other apps in a shared book, or of other books.
      subscriber.position = Math.max(subscriber.position, seq)
      await subscriber.beyond(subscriber.position)
    }
    if (subscriber.failure) throw subscriber.failure
  }

  return {
    async follow(
      key: string,
      { after, signal }: Omit<LiveInput, 'book'>,
    ): Promise<AsyncIterableIterator<LiveEntry<Operation>>> {
      const given = after === '' ? 0n : pageRange({ after }, list.cursors).after
      const start = await list.start(key)
      const position = given === undefined ? start.position : Number(given)
      if (position > start.last) {
        throw new ValidationError([{ field: 'after', message: 'must be a cursor of an entry of this list' }])
      }
      const subscriber = createSubscriber({
        key,
        position,
        seq: Math.max(start.position, position),
        fallenBehind: list.fallenBehind,
        onEnd: watch.remove,
      })
      const end = () => subscriber.end()
      if (signal?.aborted) end()
      watch.add(subscriber)
      signal?.addEventListener('abort', end, { once: true })
      return iterator(read(subscriber), () => {
        signal?.removeEventListener('abort', end)
        end()
      })
    },
    close: watch.close,
  }
}

/** Wraps a generator so that `return` ends it at once, even while it waits. */
function iterator<Value>(values: AsyncGenerator<Value, void>, end: () => void): AsyncIterableIterator<Value> {
  return {
    async next() {
      try {
        const result = await values.next()
        if (result.done) end()
        return result
      } catch (error) {
        end()
        throw error
      }
    },
    async return() {
      end()
      void values.return()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
