import type { LedgerEntry } from '../entry.ts'
import type { EntryPage } from '../reading/entries.ts'
import type { Cursors } from '../reading/page.ts'
import type { Reading } from './subscriber.ts'

/** A kind of list that can be followed. A key says which list: an owner. A position is a number that rises along the list. */
export interface FollowedList<Operation extends string> {
  readonly cursors: Cursors<bigint>
  positionOf(entry: LedgerEntry<Operation>): number
  /**
   * Returns where a new reader starts: every entry that is committed from now on lies beyond it. `last` is the position of
   * the last entry.
   */
  start(key: string): Promise<{ readonly position: number; readonly last: number }>
  /** Returns how far each of these lists can be read now. A list without entries may be left out. */
  ends(keys: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** How soon to ask for the ends again, in milliseconds, when not all entries can be read yet. */
  lookAgainMs(): number | undefined
  /** Returns the next entries of a list after a position, and not beyond an end. */
  page(key: string, position: number, end: number): Promise<EntryPage<Operation>>
  /** Counts how many more entries are unread than before. */
  fallenBehind(key: string, before: Reading, now: Reading): Promise<number>
}

/** What the lists of a book are made from. */
export interface BookOfLists<Input, Operation extends string> {
  readonly app: string
  readonly book: string
  readonly entries: (input: Input) => Promise<EntryPage<Operation>>
}

/** How many entries a page has. */
export const pageSize = 100
