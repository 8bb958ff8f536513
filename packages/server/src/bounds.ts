/**
 * How much one process does at once, and how much it lets one connection or caller ask for. Beyond a bound, requests
 * are refused with OVERLOADED.
 */
export interface Bounds {
  /** Open connections. Each takes some KiB and a file descriptor. Systems give a process some ten thousand of these. */
  readonly connections: number
  /** Headers of one request. Browsers behind proxies send fewer. */
  readonly headers: number
  /** Unanswered requests of one connection. Few clients send a request before the last answer, and they send few. */
  readonly perConnection: number
  /** Requests at work. They fill the two calls with which the ledger posts, of 256 entries each. */
  readonly atWork: number
  /**
   * Requests at work that were sent before their connection's last answer. The number is small, which leaves room for
   * clients that wait for their answers. A client that sends many requests at once makes only itself wait longer.
   */
  readonly pipelinedAtWork: number
  /** The share of the places at work, and of those in the queue, that one caller may have. */
  readonly shareOfCaller: number
  /**
   * The share of the places at work that one caller may have while others ask. It keeps few of that caller's postings
   * ahead of theirs in a batch.
   */
  readonly shareBesideOthers: number
  /**
   * Requests with a large body at work. One is as much work as hundreds of small ones, for this process and for
   * PostgreSQL.
   */
  readonly bulkAtWork: number
  /** The size from which a body is large. A posting with all of its metadata is smaller. */
  readonly bulkBytes: number
  /** Bytes of large bodies that were received and not answered. It is room for 32 of the largest. */
  readonly bulkBytesHeld: number
  /** Bytes of answers that clients have not read. Beyond it, the caller with the most unread bytes loses connections. */
  readonly unreadBytes: number
  /** Open subscriptions. Each has its connection, and each entry of its owner executes its document. */
  readonly streams: number
  /** Open subscriptions of one principal. It does not apply when requests are not authenticated. */
  readonly streamsPerPrincipal: number
  /** Principals whose rate is remembered, when RATE_LIMIT is set. Each takes some KiB. */
  readonly principals: number
  /** Requests of one kind that wait for their turn. The server works this many off within a second or two. */
  readonly waiting: number
  /**
   * How long one turn of the event loop begins requests as they come. After that, one request begins per turn, the
   * cheapest first. In this time hundreds of postings can begin, or one or two of the costliest documents.
   */
  readonly turnMs: number
  /**
   * A request gets a turn of the event loop of its own when its connection transferred at least this many KB since the
   * last one. Writing a large answer holds all others up.
   */
  readonly ownTurnMs: number
  /** How long work that takes long pauses while others ask, as a multiple of the time it took. */
  readonly pauseFactor: number
  readonly maxPauseMs: number
  /** How long a request waits for its turn. It is less than the 30 s for which the typed client waits. */
  readonly patienceMs: number
}

export const bounds: Bounds = {
  connections: 10_000,
  headers: 100,
  perConnection: 8,
  atWork: 512,
  pipelinedAtWork: 16,
  shareOfCaller: 0.75,
  shareBesideOthers: 0.25,
  bulkAtWork: 2,
  bulkBytes: 16 * 1024,
  bulkBytesHeld: 64 * 1024 * 1024,
  unreadBytes: 128 * 1024 * 1024,
  streams: 1_000,
  streamsPerPrincipal: 250,
  principals: 10_000,
  waiting: 2_000,
  turnMs: 10,
  ownTurnMs: 64,
  pauseFactor: 20,
  maxPauseMs: 500,
  patienceMs: 20_000,
}

/** How long clients may take. Node checks the first two every `checkMs`. */
export const timeouts = {
  /** For the headers of a request, which fit into one or two packets. Node's default is a minute. */
  headersMs: 10_000,
  /** For a whole request: 2 MiB in 30 s are 70 KB a second. Node's default is five minutes. */
  requestMs: 30_000,
  /** To read an answer: 30 s, and 15 ms more for each KiB, which is also 70 KB a second. */
  readMs: 30_000,
  readMsPerKiB: 15,
  /**
   * The shortest time without a byte in either direction after which a connection ends. A stream's server sends a sign
   * of life every 12 s.
   */
  idleMs: 60_000,
  /** Between an answer and the next request on its connection. It is Node's default. */
  keepAliveMs: 5_000,
  checkMs: 2_000,
} as const

/** For receiving a request and sending its answer, in addition to the waits that have bounds. */
const transferMs = 10_000

/**
 * Returns how long a connection may stay silent. A request may wait for its turn, for the app's own `identify` and
 * `context`, and then for its answer, so it is longer than all of these.
 */
export function idleTimeoutMs({
  request,
  connection,
}: {
  readonly request: number
  readonly connection: number
}): number {
  return Math.max(timeouts.idleMs, bounds.patienceMs + 2 * connection + request + transferMs)
}
