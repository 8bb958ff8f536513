/** How much one process does at once, and lets one connection ask for. Beyond it requests are refused with OVERLOADED. */
export interface Bounds {
  /** Connections. Each takes some KiB and a descriptor of a file, of which systems give a process some ten thousand. */
  readonly connections: number
  /** Headers of a request: more than browsers behind proxies send. */
  readonly headers: number
  /** Requests of one connection without an answer. Clients that send a next one before that are rare, and send few. */
  readonly perConnection: number
  /** Requests at work: as many as fill the two calls with which the ledger posts, of 256 entries each. */
  readonly atWork: number
  /**
   * Requests at work that came while their connection had another one without an answer. Few: they leave room for clients
   * that wait for their answers, and whoever sends many at once waits longer, not everybody.
   */
  readonly pipelinedAtWork: number
  /** How much of either, and of what waits, the requests of one caller may be: the rest is left to others. */
  readonly shareOfCaller: number
  /** How much of what is at work one caller may have while others ask: few of its postings stand ahead of theirs in a batch. */
  readonly shareBesideOthers: number
  /** Requests with a large body at work: one is as much work as hundreds of others, for this process and for PostgreSQL. */
  readonly bulkAtWork: number
  /** From how many bytes on a body is large: more than a posting with all of its metadata has. */
  readonly bulkBytes: number
  /** Bytes of large bodies, received and not answered: 32 of the largest. */
  readonly bulkBytesHeld: number
  /** Bytes of answers that their clients have not taken: beyond them the caller with the most of them loses connections. */
  readonly unreadBytes: number
  /** Subscriptions that are open: each has its connection, and each entry of its owner is an execution of its document. */
  readonly streams: number
  /** Those of one principal: others find room beside it. Where nobody is asked who they are, there is no such bound. */
  readonly streamsPerPrincipal: number
  /** Principals whose rate is known, where RATE_LIMIT is set: some KiB each. */
  readonly principals: number
  /** Requests of a kind that wait for their turn: what is done within a second or two. */
  readonly waiting: number
  /**
   * How long requests are begun as they come in one turn of the event loop; after that they go on one per turn, those that
   * cost little first. Hundreds of postings can be begun in this time, or one or two of the costliest documents.
   */
  readonly turnMs: number
  /**
   * From so many KB on that passed over a connection since its last request, the next one is begun in a turn of the event
   * loop of its own: to write a large answer holds all others up.
   */
  readonly ownTurnMs: number
  /** How many times as long as they took requests that take long pause, while others ask. */
  readonly pauseFactor: number
  readonly maxPauseMs: number
  /** How long a request waits for its turn: less than the 30 s for which the typed client waits. */
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
  /** For a request's headers: they fit into one packet or two. Node's default is a minute. */
  headersMs: 10_000,
  /** For a whole request: 2 MiB in 30 s are 70 KB a second. Node's default is five minutes. */
  requestMs: 30_000,
  /** To read an answer: so long and 15 ms for each KiB, which is 70 KB a second as well. */
  readMs: 30_000,
  readMsPerKiB: 15,
  /** The least time without a byte in either direction, also in a stream, whose server sends a sign of life every 12 s. */
  idleMs: 60_000,
  /** Between an answer and the next request on its connection; Node's default. */
  keepAliveMs: 5_000,
  checkMs: 2_000,
} as const

/** For a request to be received and its answer to be sent, beside the waits that have bounds. */
const transferMs = 10_000

/**
 * How long no byte may pass over a connection: longer than a request may wait for its turn, for the app's own `identify` and
 * `context`, and then for its answer.
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
