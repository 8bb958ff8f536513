import { problem } from '@shared-ledger/rest'
import type { Bounds } from './bounds.ts'
import { createLane, type Lane } from './lane.ts'
import { createPauses } from './pauses.ts'

/** Parses and checks long documents one per turn of the event loop, with pauses between. */
export interface DocumentTurns {
  /** Waits for the turn of a document of this length. @throws Problem OVERLOADED */
  wait(length: number): Promise<void>
  /** Notes that somebody asks for a known document. */
  noteKnown(): void
}

/** Shorter documents are parsed and checked in a ms or two. Introspection queries are longer. */
const shortLength = 1_000

/** A document that takes less holds nobody up noticeably. */
const shortMs = 5

export function createDocumentTurns(bounds: Bounds): DocumentTurns {
  const pauses = createPauses(bounds)
  // A document that waits here has a place at work. Half of the places stay free for known documents.
  const lane = createLane({ ...bounds, atOnce: 1, waiting: bounds.atWork / 2, isTurnLong: () => false })
  return {
    async wait(length) {
      const hadTurn = length > bounds.bulkBytes // a large request had its turn at admission
      if (length > shortLength && !hadTurn) await turnIn(lane, pauses.after)
    },
    noteKnown: pauses.noteOther,
  }
}

function turnIn(lane: Lane, pauseAfter: (tookMs: number) => number): Promise<void> {
  return new Promise((resolve, reject) => {
    lane.enter({
      handicapMs: 0,
      isGone: () => false,
      start(done) {
        let began = 0
        setImmediate(() => {
          began = performance.now()
          resolve()
        })
        // This runs right after the other callback, when the document has sent its first query to the database.
        setImmediate(() => {
          const tookMs = performance.now() - began
          done(tookMs < shortMs ? 0 : pauseAfter(tookMs))
        })
      },
      refuse: () => reject(problem('OVERLOADED')),
    })
  })
}
