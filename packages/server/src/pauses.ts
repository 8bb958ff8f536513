/** When work that takes long pauses, so that what takes little comes between. */
export interface Pauses {
  /** Notes that somebody asks for something that takes little. */
  noteOther(): void
  /** How long to pause after work that took so long: not at all while nobody else asks. */
  after(tookMs: number): number
  /** The same after so many bytes of large bodies were received, whoever sends them. */
  afterBytes(bytes: number): number
}

export interface PausesOptions {
  /** How many times as long as the work each pause is. */
  readonly pauseFactor: number
  readonly maxPauseMs: number
}

/** A large body takes as long to be received: what the system does for it is the most of it. */
const msPerByte = 1 / (512 * 1024)

/** For how long somebody who asked counts as asking. */
const recentMs = 1_000

export function createPauses({ pauseFactor, maxPauseMs }: PausesOptions): Pauses {
  let lastOther = Number.NEGATIVE_INFINITY
  let receivingUntil = 0
  const after = (tookMs: number) => {
    const isAlone = performance.now() - lastOther > tookMs + recentMs
    return isAlone ? 0 : Math.min(tookMs * pauseFactor, maxPauseMs)
  }
  return {
    noteOther() {
      lastOther = performance.now()
    },
    after,
    afterBytes(bytes) {
      const pauseMs = after(bytes * msPerByte)
      if (pauseMs === 0) return 0
      const now = performance.now()
      receivingUntil = Math.min(Math.max(receivingUntil, now) + pauseMs, now + maxPauseMs)
      return receivingUntil - now
    },
  }
}
