/** Something that waits its turn, with the owners whose accounts it is for. */
export interface Waiting {
  readonly ownerIds: readonly string[]
}

/** A queue in which every owner gets a turn: one who floods it waits behind himself alone. */
export interface FairQueue<Item extends Waiting> {
  add(item: Item): void
  /** Takes up to `max` items: one per owner, in turn, again and again; none whose owner is busy. */
  take(max: number, isBusy: (ownerId: string) => boolean): readonly Item[]
}

export function createFairQueue<Item extends Waiting>(): FairQueue<Item> {
  /** What waits, by first owner, in the order of the turns. */
  const lines = new Map<string, Item[]>()
  return {
    add(item) {
      const [ownerId = ''] = item.ownerIds
      const line = lines.get(ownerId)
      if (line) line.push(item)
      else lines.set(ownerId, [item])
    },
    take(max, isBusy) {
      const taken: Item[] = []
      // A line that is put back at the end comes up again in the same loop.
      for (const [ownerId, line] of lines) {
        if (taken.length === max) break
        const [next] = line
        if (!next || next.ownerIds.some(isBusy)) continue
        lines.delete(ownerId)
        line.shift()
        if (line.length > 0) lines.set(ownerId, line)
        taken.push(next)
      }
      return taken
    },
  }
}
