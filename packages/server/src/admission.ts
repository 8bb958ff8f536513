import type { ServerResponse } from 'node:http'
import type { Intake } from './body.ts'
import type { Bounds } from './bounds.ts'
import { createLane, type Lane } from './lane.ts'
import { createPauses } from './pauses.ts'
import { createTally } from './tally.ts'
import { createTurnClock } from './turn-clock.ts'

/** A request that asks to be answered. */
export interface Applicant {
  readonly outgoing: ServerResponse
  /** It is answered whatever else there is to do. */
  readonly isUrgent: boolean
  /** What it says of who sends it. That is not checked yet: it tells one caller's requests from another's. */
  readonly credentials: string | undefined
  /**
   * Receives the body, if there is one, and returns its size.
   *
   * @param intake Asked about each part.
   * @throws NoRoomError where there is none.
   */
  receive(intake: Intake): Promise<number> | undefined
  /** @param done To be called once the answer is made. */
  answer(done: () => void): void
  /** @param close Whether the connection ends with the refusal. */
  refuse(close: boolean): void
}

/** Decides when requests are answered, and which are not. */
export interface Admission {
  /** @param apply Is called when the request is looked at: those that never are cost little. */
  admit(outgoing: ServerResponse, apply: () => Applicant): void
}

interface Connection {
  unanswered: number
  /** Behind the one that is being answered: HTTP has answers in the order of the requests. */
  readonly waiting: (() => Applicant)[]
  /** What it had sent and was sent when it asked last. */
  bytes: number
  /** It has sent too many and is about to end: what else it sent gets no answer. */
  isEnding: boolean
}

/**
 * Shares the server out between connections. Each has one request at work, so that a lane is fair between them however many
 * one sends. What is large, and what was sent without waiting for an answer, have lanes with few places: a client that asks
 * for one thing after the other is never behind the thousands of another. Where there is a queue, a request counts as
 * having come later by what its connection sent and was sent for the last one: who asks for little goes first. Requests
 * with the same credentials are one caller's, over however many connections: each counts as having come later by how many
 * of them are there already, and some places are left to others.
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
  // What is large was sent just now: it has its pauses.
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

/** About as long as a request of little takes the server. */
const msPerOther = 1

const maxHandicapMs = 1_000

/** A ms for each KB that passed over the connection since its last request: a posting makes 1 or 2. */
function handicapOf(connection: Connection, { outgoing: { req } }: Applicant): number {
  const bytes = req.socket.bytesRead + req.socket.bytesWritten
  const since = bytes - connection.bytes
  connection.bytes = bytes
  return Math.min(since / 1_000, maxHandicapMs)
}

/** A client that has left is not worked for. */
function isGone({ outgoing: { req } }: Applicant): boolean {
  return req.socket.destroyed
}
