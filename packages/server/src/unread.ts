import type { ServerResponse } from 'node:http'
import type { WholeAnswer } from './answer.ts'
import type { Bounds } from './bounds.ts'

/** Answers that were written, and that their clients have not taken yet. */
export interface Unread {
  /** Follows an answer that was just written: ends its connection where it is not taken in time. */
  follow(outgoing: ServerResponse, answer: Pick<WholeAnswer, 'body'>): void
}

export interface UnreadOptions extends Pick<Bounds, 'unreadBytes'> {
  /** How long a client may take for its answer, and for each KiB of it beside that. */
  readonly readMs: number
  readonly readMsPerKiB: number
}

/**
 * A client that asks and does not read leaves its answer in the memory of this process. Each has a time in which it must be
 * read. All together have so many bytes: beyond them the caller with the most of them loses the connection that waits
 * longest, so that nobody else pays for it. Bytes that all readers share do not count: they are in memory once.
 */
export function createUnread({ unreadBytes, readMs, readMsPerKiB }: UnreadOptions): Unread {
  const callers = new Map<string, Held>()
  let held = 0

  const forget = (name: string, outgoing: ServerResponse) => {
    const caller = callers.get(name)
    const bytes = caller?.answers.get(outgoing)
    if (!caller || bytes === undefined) return
    caller.answers.delete(outgoing)
    caller.bytes -= bytes
    held -= bytes
    if (caller.answers.size === 0) callers.delete(name)
  }
  const cutOffGreediest = () => {
    let greediest: [string, Held] | undefined
    for (const each of callers) if (!greediest || each[1].bytes > greediest[1].bytes) greediest = each
    if (!greediest) return
    const [name, { answers }] = greediest
    for (const oldest of answers.keys()) {
      forget(name, oldest)
      oldest.req.socket.destroy()
      return
    }
  }
  const countFor = (name: string, outgoing: ServerResponse, bytes: number) => {
    const caller = callers.get(name) ?? { answers: new Map<ServerResponse, number>(), bytes: 0 }
    callers.set(name, caller)
    caller.answers.set(outgoing, bytes)
    caller.bytes += bytes
    held += bytes
  }
  const isAlone = () => callers.size === 1 && [...callers.values()].every(({ answers }) => answers.size === 1)

  return {
    follow(outgoing, { body }) {
      const bytes = outgoing.writableLength
      if (bytes === 0) return // the system has all of it, as it nearly always has
      const name = callerOf(outgoing)
      if (typeof body === 'string') countFor(name, outgoing, bytes)
      const late = setTimeout(() => outgoing.req.socket.destroy(), readMs + (bytes / 1024) * readMsPerKiB)
      outgoing.once('close', () => {
        clearTimeout(late)
        forget(name, outgoing)
      })
      while (held > unreadBytes && !isAlone()) cutOffGreediest()
    },
  }
}

/** The answers that one caller has not taken, the oldest first, with their bytes. */
interface Held {
  readonly answers: Map<ServerResponse, number>
  bytes: number
}

/** Whoever says the same of who it is, checked or not, is one caller; where nothing is said, whoever has the same address. */
function callerOf({ req }: ServerResponse): string {
  return req.headers.authorization ?? req.socket.remoteAddress ?? ''
}
