import { problem } from '@shared-ledger/rest'
import type { Bounds } from './bounds.ts'
import { createLane, type Lane } from './lane.ts'
import { createPauses } from './pauses.ts'

/** Lets long documents that have to be parsed and checked go on one per turn of the event loop, with pauses between. */
export interface DocumentTurns {
  /** Waits for the turn of a document of this length. @throws Problem OVERLOADED */
  wait(length: number): Promise<void>
  /** Somebody asks for a known document. */
  noteKnown(): void
}

/** Parsing and checking what is shorter takes a ms or two. Introspection is longer. */
const shortLength = 1_000

/** Nobody notices a document that takes less. */
const shortMs = 5

export function createDocumentTurns(bounds: Bounds): DocumentTurns {
  const pauses = createPauses(bounds)
  // What waits here has a place at work: as many are left to known documents.
  const lane = createLane({ ...bounds, atOnce: 1, waiting: bounds.atWork / 2, isTurnLong: () => false })
  return {
    async wait(length) {
      const hadTurn = length > bounds.bulkBytes // among the large requests
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
        // Runs right after the other: when the document has come to its first question to the database.
        setImmediate(() => {
          const tookMs = performance.now() - began
          done(tookMs < shortMs ? 0 : pauseAfter(tookMs))
        })
      },
      refuse: () => reject(problem('OVERLOADED')),
    })
  })
}
