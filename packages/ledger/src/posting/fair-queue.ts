/** An item that waits for its turn, with the owners of its accounts. */
export interface Waiting {
  readonly ownerIds: readonly string[]
  /** How many entries it has. */
  readonly entries: number
  /** Its number in the order of arrival, by which a returning item finds its place. */
  readonly arrival: number
}

/** What happens to the first item of a line: it is taken, it waits in place, or it leaves to wait elsewhere. */
export type Turn = 'take' | 'wait' | 'leave'

/** A queue in which every owner gets a turn. An owner that floods it only delays itself. */
interface FairQueue<Item extends Waiting> {
  readonly size: number
  add(items: readonly Item[]): void
  /** Takes items with up to `maxEntries` entries together, or one larger item: one per owner in turn, again and again. */
  take(maxEntries: number, turnOf: (item: Item) => Turn): readonly Item[]
}

export function createFairQueue<Item extends Waiting>(): FairQueue<Item> {
  /** The waiting items by their first owner, in the order of the turns. */
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
      // A line that is moved to the end comes up again in the same loop.
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

/** Puts an item into an owner's line, which is in the order of arrival. An item that returns finds its place. */
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
