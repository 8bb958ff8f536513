import { joinLine, type Waiting } from './fair-queue.ts'

/** The jobs for accounts that are locked elsewhere, in a line for each account. */
interface BusyAccounts<Item extends Waiting> {
  /** How many accounts are busy. */
  readonly accounts: number
  has(ownerId: string): boolean
  /** Adds an item to the line of a busy account. */
  join(ownerId: string, item: Item): void
  /** Notes that an account is busy. If it was noted before, its next turn comes after all others. */
  found(ownerId: string): void
  /** Notes that an account is free. Returns the items that waited for it. */
  free(ownerId: string): readonly Item[]
  /** Takes one item from each line, up to `maxEntries` entries. */
  takeOneOfEach(maxEntries: number, mayTake: (item: Item) => boolean): readonly Item[]
  /** Takes the items of the account whose turn it is, if they are for that account alone. */
  takeLine(maxEntries: number, mayTake: (item: Item) => boolean): readonly Item[]
  /** Takes every item for which `isWanted` is true. */
  takeAll(isWanted: (item: Item) => boolean): readonly Item[]
  /** Forgets the accounts without waiting items, except those that `isKept` accepts. */
  forgetEmpty(isKept: (ownerId: string) => boolean): void
}

export function createBusyAccounts<Item extends Waiting>(): BusyAccounts<Item> {
  /** By account, in the order of the turns. Each line is in the order of arrival. */
  const lines = new Map<string, Item[]>()

  /** Takes the items of a line that `choose` accepts. */
  const pick = (ownerId: string, choose: (item: Item) => boolean): Item[] => {
    const taken: Item[] = []
    const rest: Item[] = []
    for (const item of lines.get(ownerId) ?? []) (choose(item) ? taken : rest).push(item)
    if (taken.length > 0) lines.set(ownerId, rest)
    return taken
  }

  const free = (ownerId: string): Item[] => {
    const line = lines.get(ownerId) ?? []
    lines.delete(ownerId)
    return line
  }

  return {
    get accounts() {
      return lines.size
    },
    has: (ownerId) => lines.has(ownerId),
    join: (ownerId, item) => joinLine(lines, ownerId, item),
    found(ownerId) {
      lines.set(ownerId, free(ownerId))
    },
    free,
    takeOneOfEach(maxEntries, mayTake) {
      const taken: Item[] = []
      let entries = 0
      for (const [ownerId, line] of lines) {
        const next = line.find(mayTake)
        if (!next || (taken.length > 0 && entries + next.entries > maxEntries)) continue
        taken.push(...pick(ownerId, (item) => item === next))
        entries += next.entries
      }
      return taken
    },
    takeLine(maxEntries, mayTake) {
      for (const ownerId of lines.keys()) {
        let entries = 0
        const taken = pick(ownerId, (item) => {
          if (item.ownerIds.length > 1 || !mayTake(item)) return false
          entries += item.entries
          return entries === item.entries || entries <= maxEntries
        })
        if (taken.length > 0) return taken
      }
      return []
    },
    takeAll: (isWanted) => [...lines.keys()].flatMap((ownerId) => pick(ownerId, isWanted)),
    forgetEmpty(isKept) {
      for (const [ownerId, line] of lines) if (line.length === 0 && !isKept(ownerId)) lines.delete(ownerId)
    },
  }
}
