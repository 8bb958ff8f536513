/** Something that waits its turn, with the owners whose accounts it is for. */
export interface Waiting {
  readonly ownerIds: readonly string[]
  /** How many entries it asks for. */
  readonly entries: number
  /** Counts what arrives, so that what comes back finds its place. */
  readonly arrival: number
}

/** What becomes of the first of a line: it is taken, it waits where it is, or it goes to wait elsewhere. */
export type Turn = 'take' | 'wait' | 'leave'

/** A queue in which every owner gets a turn: one who floods it waits behind himself alone. */
export interface FairQueue<Item extends Waiting> {
  readonly size: number
  add(items: readonly Item[]): void
  /** Takes items of up to `maxEntries` together, or a larger one alone: one per owner, in turn, again and again. */
  take(maxEntries: number, turnOf: (item: Item) => Turn): readonly Item[]
}

export function createFairQueue<Item extends Waiting>(): FairQueue<Item> {
  /** What waits, by first owner, in the order of the turns. */
  const lines = new Map<string, Item[]>()
  let size = 0
  return {
    get size() {
      return size
    },
    add(items) {
      for (const item of items) joinLine(lines, item.ownerIds[0] ?? '', item)
      size += items.length
    },
    take(maxEntries, turnOf) {
      const taken: Item[] = []
      let entries = 0
      // A line that is put back at the end comes up again in the same loop.
      for (const [ownerId, line] of lines) {
        const [next] = line
        const turn = next && turnOf(next)
        if (!next || turn === 'wait') continue
        if (turn === 'take' && taken.length > 0 && entries + next.entries > maxEntries) break
        lines.delete(ownerId)
        line.shift()
        size -= 1
        if (line.length > 0) lines.set(ownerId, line)
        if (turn === 'leave') continue
        taken.push(next)
        entries += next.entries
      }
      return taken
    },
  }
}

/** Puts an item into an owner's line, which is in the order of arrival: one that comes back finds its place. */
export function joinLine<Item extends Waiting>(
  lines: Map<string, Item[]>,
  ownerId: string,
  item: Item,
): void {
  const line = lines.get(ownerId) ?? []
  let place = line.length
  while (place > 0 && (line[place - 1]?.arrival ?? 0) > item.arrival) place -= 1
  line.splice(place, 0, item)
  lines.set(ownerId, line)
}
