import type { KeyStore } from '@shared-ledger/ledger/keys'
import { orLate } from '../in-time.ts'

const minuteMs = 60_000
const patienceMs = 1_000

/** How many keys one statement notes, and how many are remembered as noted. */
const maxIds = 10_000

/**
 * Notes when keys are used, each at most once a minute. No request waits for it. A note that cannot be written is lost.
 * Only one statement runs at a time.
 */
export function createUseNotes(store: Pick<KeyStore, 'touch'>) {
  let minute = 0
  let noted = new Set<string>()
  let waiting: string[] = []
  let writing: Promise<void> | undefined

  const write = async () => {
    while (waiting.length > 0) {
      const ids = waiting
      waiting = []
      await store.touch(ids).catch(() => {}) // the database is away, or read-only
    }
    writing = undefined
  }

  return {
    note(id: string): void {
      const now = Math.floor(Date.now() / minuteMs)
      if (now !== minute) {
        minute = now
        noted = new Set()
      }
      if (noted.has(id) || noted.size >= maxIds) return
      noted.add(id)
      waiting.push(id)
      writing ??= write()
    },
    /** Waits for the statement under way, for a second at most. */
    close: (): Promise<void> => orLate(Promise.resolve(writing), patienceMs, () => {}),
  }
}
