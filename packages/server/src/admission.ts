import type { ServerResponse } from 'node:http'
import type { Intake } from './body.ts'
import type { Bounds } from './bounds.ts'
import { createLane, type Lane } from './lane.ts'
import { createPauses } from './pauses.ts'
import { createTally } from './tally.ts'
import { createTurnClock } from './turn-clock.ts'

/** A request that waits to be admitted. */
export interface Applicant {
  readonly outgoing: ServerResponse
  /** Whether it is answered at once, however busy the server is. */
  readonly isUrgent: boolean
  /** The credentials in its header, not checked yet. They only group requests by caller. */
  readonly credentials: string | undefined
  /**
   * Receives the body, if there is one, and returns its size.
   *
   * @param intake Called for each part of the body.
   * @throws NoRoomError when there is no room for the body.
   */
  receive(intake: Intake): Promise<number> | undefined
  /** @param done Must be called once the answer is made. */
  answer(done: () => void): void
  /** @param close Whether the refusal also closes the connection. */
  refuse(close: boolean): void
}

/** Decides when each request is answered, and which requests are refused. */
export interface Admission {
  /** @param apply Called when the request's turn comes. A request that never gets a turn costs little. */
  admit(outgoing: ServerResponse, apply: () => Applicant): void
}

interface Connection {
  unanswered: number
  /** Requests behind the one that is being answered. HTTP sends answers in the order of the requests. */
  readonly waiting: (() => Applicant)[]
  /** Bytes that the connection had received and sent when its last request began. */
  bytes: number
  /** The connection sent too many requests and is about to close. Its further requests get no answer. */
  isEnding: boolean
}

/**
 * Shares the server fairly between connections and callers.
 *
 * - Each connection has one request at work, however many it sends.
 * - Large requests, and requests sent before the previous answer, go through lanes with few places. They do not hold up
 *   a client that waits for each answer.
 * - In a queue, a request moves back by the bytes that its connection transferred for the last request. Cheap requests
 *   go first.
 * - Requests with the same credentials belong to one caller, over any number of connections. Each moves back by the
 *   number of that caller's requests in the queue or at work, and some places are reserved for other callers.
 */
export function createAdmission(bounds: Bounds): Admission {
  const isTurnLong = createTurnClock(bounds.turnMs)
  const pauses = createPauses(bounds)
  const share = (all: number, of = bounds.shareOfCaller) => Math.max(1, Math.floor(all * of))
  const waitingPerCaller = share(bounds.waiting)
  const lane = (atOnce: number) => {
    const perCaller = {
      atOncePerCaller: share(atOnce),
      atOnceBesideOthers: share(atOnce, bounds.shareBesideOthers),
      waitingPerCaller,
    }
    return createLane({ ...bounds, ...perCaller, atOnce, isTurnLong })
  }
  const single = lane(bounds.atWork)
  const pipelined = lane(bounds.pipelinedAtWork)
  // A large request has just been received and has its own pauses, so it needs no turn of its own.
  const bulk = createLane({
    ...bounds,
    ownTurnMs: Number.POSITIVE_INFINITY,
    atOnce: bounds.bulkAtWork,
    waitingPerCaller,
    isTurnLong,
  })
  const connections = new WeakMap<object, Connection>()
  const ofCallers = createTally()
  let bytesHeld = 0

  const begin = (connection: Connection, apply: () => Applicant, usual: Lane) => {
    const applicant = apply()
    if (isGone(applicant)) return
    let held = 0
    const received = applicant.receive({
      reserve(bytes, size) {
        if (size <= bounds.bulkBytes) return true
        if (bytesHeld + bytes > bounds.bulkBytesHeld) return false
        bytesHeld += bytes
        held += bytes
        return true
      },
      pauseMs: (bytes, size) => (size <= bounds.bulkBytes ? 0 : pauses.afterBytes(bytes)),
    })
    if (!received) return enter(connection, applicant, usual)
    applicant.outgoing.once('close', () => {
      bytesHeld -= held
    })
    received.then(
      (size) => enter(connection, applicant, size > bounds.bulkBytes ? bulk : usual),
      () => applicant.refuse(false),
    )
  }

  const enter = (connection: Connection, applicant: Applicant, lane: Lane) => {
    if (isGone(applicant)) return
    if (applicant.isUrgent) return applicant.answer(() => {})
    if (lane !== bulk) pauses.noteOther()
    const { outgoing, credentials: caller } = applicant
    const others = ofCallers.of(caller)
    if (caller !== undefined) {
      ofCallers.add(caller)
      outgoing.once('close', () => ofCallers.remove(caller))
    }
    lane.enter({
      caller,
      handicapMs: handicapOf(connection, applicant),
      othersMs: others * msPerOther,
      isGone: () => isGone(applicant),
      start(done) {
        const began = performance.now()
        const end = () => done(lane === bulk ? pauses.after(performance.now() - began) : 0)
        outgoing.once('close', end)
        applicant.answer(end)
      },
      refuse: () => applicant.refuse(false),
    })
  }

  return {
    admit(outgoing, apply) {
      const { socket } = outgoing.req
      const connection = connections.get(socket) ?? { unanswered: 0, waiting: [], bytes: 0, isEnding: false }
      connections.set(socket, connection)
      if (connection.isEnding) return
      if (connection.unanswered >= bounds.perConnection) {
        connection.isEnding = true
        apply().refuse(true)
        return
      }
      connection.unanswered += 1
      outgoing.once('close', () => {
        connection.unanswered -= 1
        const next = connection.waiting.shift()
        if (next) begin(connection, next, pipelined)
      })
      if (connection.unanswered === 1) begin(connection, apply, single)
      else connection.waiting.push(apply)
    },
  }
}

/** About how long the server works on a small request. */
const msPerOther = 1

const maxHandicapMs = 1_000

/** One ms for each KB that passed over the connection since its last request. A posting makes 1 or 2 KB. */
function handicapOf(connection: Connection, { outgoing: { req } }: Applicant): number {
  const bytes = req.socket.bytesRead + req.socket.bytesWritten
  const since = bytes - connection.bytes
  connection.bytes = bytes
  return Math.min(since / 1_000, maxHandicapMs)
}

/**
 * Whether no answer can be sent any more, so that no work is done: the client has left, or the server has ended the
 * connection.
 */
function isGone({ outgoing: { req } }: Applicant): boolean {
  return !req.socket.writable
}
