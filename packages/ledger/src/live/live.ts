import type pg from 'pg'
import { z } from 'zod'
import type { PrismaClient } from '../database/database.ts'
import { query } from '../database/database-errors.ts'
import type { LedgerEntry } from '../entry.ts'
import { ValidationError } from '../errors.ts'
import { bookSchema, ownerIdSchema, parseInput } from '../input.ts'
import type { Books } from '../operations/operations.ts'
import { type EntriesInput, type EntryPage, entryCursors } from '../reading/entries.ts'
import { pageRange } from '../reading/page.ts'
import { gather } from './gather.ts'
import { createSharedPages } from './shared-pages.ts'
import { createSubscriber, type Reading, type Subscriber } from './subscriber.ts'
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
   * Yields the app's entries of an owner in a book as any process of the app posts them, oldest first, each once. When
   * the promise is fulfilled, every entry that is committed later will be in the list. The list goes on until it is left,
   * its signal aborts, or the ledger is closed. It reads pages as needed, and no posting waits for it.
   *
   * @throws ValidationError for an invalid owner or cursor. The iteration throws SubscriberTooSlowError when the reader
   *   falls 10,000 entries further behind, and DatabaseUnavailableError. Both can be continued from the last cursor.
   */
  postedEntries(
    ownerId: string,
    input?: LiveInput<Book>,
  ): Promise<AsyncIterableIterator<LiveEntry<Operation>>>
}

const pageSize = 100

/**
 * How many entries go to subscribers in one turn of the event loop. Each entry executes its subscription's document.
 * This few keep a turn below about a millisecond, and do not slow a single subscriber down.
 */
const entriesPerTurn = 2

/** Creates an app's live lists of its books. `books` has the app's own first. */
export function createLive<Operation extends string>({
  books,
  ...options
}: Omit<BookLiveOptions<Operation>, 'book'> & { readonly books: Books }): LedgerLive<Operation> & {
  close(): void
} {
  const lists = new Map(books.map((book) => [book, createBookLive({ ...options, book })]))
  const inputSchema = z.object({ book: bookSchema(books) })
  return {
    async postedEntries(ownerId, { book, ...input } = {}) {
      const list = lists.get(parseInput(inputSchema, { book }).book)
      if (!list) throw new Error('a book has no live lists')
      return list.postedEntries(ownerId, input)
    },
    close() {
      for (const list of lists.values()) list.close()
    },
  }
}

interface BookLiveOptions<Operation extends string> {
  readonly app: string
  readonly book: string
  readonly connection: pg.ClientConfig
  readonly prisma: PrismaClient
  readonly entries: (input: EntriesInput<Operation>) => Promise<EntryPage<Operation>>
}

/** Creates an app's live lists of one book. */
function createBookLive<Operation extends string>({
  app,
  book,
  connection,
  prisma,
  entries,
}: BookLiveOptions<Operation>) {
  /** Returns the seq of each owner's last entry, for owners with entries. */
  const currentSeqs = async (ownerIds: readonly string[]) => {
    const rows = await query(
      () => prisma.$queryRaw<{ owner_id: string; seq: bigint }[]>`
        SELECT owner_id, seq FROM ledger.accounts WHERE book = ${book} AND owner_id = ANY(${ownerIds}::text[])`,
    )
    return new Map(rows.map(({ owner_id, seq }) => [owner_id, Number(seq)]))
  }

  const fallenBehind = async (ownerId: string, before: Reading, now: Reading) => {
    const [row] = await query(
      () => prisma.$queryRaw<{ behind: bigint }[]>`
        SELECT count(*) FILTER (WHERE seq > ${before.seq}) - count(*) FILTER (WHERE seq <= ${now.position}) AS behind
          FROM ledger.entries
         WHERE app = ${app} AND book = ${book} AND owner_id = ${ownerId}
           AND (seq > ${before.seq} AND seq <= ${now.seq} OR seq > ${before.position} AND seq <= ${now.position})`,
    )
    return Number(row?.behind ?? 0)
  }

  const watch = createWatch({ app, connection, currentSeqs })
  const currentSeq = gather(currentSeqs)

  const pageAfter = createSharedPages(
    (ownerId, position) => {
      const after = entryCursors.write(BigInt(position))
      return entries({ ownerId, book, order: 'OLDEST_FIRST', first: pageSize, after })
    },
    ({ edges }) => edges.length === 0,
  )
  const turn = createTurns(entriesPerTurn)

  async function* read(subscriber: Subscriber): AsyncGenerator<LiveEntry<Operation>, void> {
    const { ownerId } = subscriber
    while (!subscriber.isEnded) {
      const { seq, position } = subscriber
      const { page, isFresh } = pageAfter(ownerId, position)
      const { edges, pageInfo } = await page
      for (const { cursor, node } of edges) {
        await turn()
        if (subscriber.isEnded) break
        subscriber.position = node.seq
        yield { cursor, entry: node }
      }
      if (!isFresh || pageInfo.hasNextPage) continue
      // What the page lacks up to this seq are entries of other apps in a shared book.
      subscriber.position = Math.max(subscriber.position, seq)
      await subscriber.beyond(subscriber.position)
    }
    if (subscriber.failure) throw subscriber.failure
  }

  return {
    async postedEntries(
      ownerId: string,
      { after, signal }: Omit<LiveInput, 'book'>,
    ): Promise<AsyncIterableIterator<LiveEntry<Operation>>> {
      const owner = parseInput(ownerIdSchema, ownerId, 'ownerId')
      const given = after === '' ? 0n : pageRange({ after }, entryCursors).after
      const seq = (await currentSeq(owner)) ?? 0
      const position = given === undefined ? seq : Number(given)
      if (position > seq) {
        throw new ValidationError([{ field: 'after', message: 'must be a cursor of an entry of this owner' }])
      }
      const subscriber = createSubscriber({
        ownerId: owner,
        position,
        seq,
        fallenBehind,
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
