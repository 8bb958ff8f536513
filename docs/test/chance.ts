const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/**
 * Times and UUIDs, which differ in each run. A document has those of the run in which it was written. A request that
 * names something of an earlier answer, such as a transaction's id, is sent with the id of this run.
 */
export interface Chance {
  /** Notes an answer of this run, and the document's version of it. */
  note(documented: string, answer: string): void
  /** Returns a text of the document with the values of this run. */
  ofNow(documented: string): string
}

export function createChance(): Chance {
  const now = new Map<string, string>()
  return {
    note(text, answer) {
      for (const kind of [time, uuid]) {
        const found = answer.match(kind) ?? []
        for (const [at, part] of (text.match(kind) ?? []).entries()) {
          if (!now.has(part)) now.set(part, found[at] ?? part)
        }
      }
    },
    ofNow: (text) => [time, uuid].reduce((part, kind) => part.replace(kind, (it) => now.get(it) ?? it), text),
  }
}

/** Hashes follow from times and UUIDs. */
const hash = /\b[0-9a-f]{64}\b/g

/** Removes from a text what differs in each run. */
export function withoutTimes(text: string): string {
  return text.replace(time, '(time)').replace(uuid, '(uuid)').replace(hash, '(hash)')
}
