/** Decides how long expensive work pauses, so that cheap work runs in between. */
interface Pauses {
  /** Notes that somebody asks for cheap work. */
  noteOther(): void
  /** Returns how long to pause after work that took `tookMs`. It is 0 while nobody else asks. */
  after(tookMs: number): number
  /** Returns how long to pause after receiving so many bytes of large bodies, from any client. */
  afterBytes(bytes: number): number
}

interface PausesOptions {
  /** How many times as long as the work each pause is. */
  readonly pauseFactor: number
  readonly maxPauseMs: number
}

/** How long receiving a byte of a large body takes. The operating system does most of that work. */
const msPerByte = 1 / (512 * 1024)

/** How long a client counts as asking after it asked. */
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
