import type { ServerResponse } from 'node:http'
import type { WholeAnswer } from './answer.ts'
import type { Bounds } from './bounds.ts'

/** Answers that were written but that clients have not read yet. */
export interface Unread {
  /** Follows an answer that was just written, and closes its connection when it is not read in time. */
  follow(outgoing: ServerResponse, answer: Pick<WholeAnswer, 'body'>): void
}

export interface UnreadOptions extends Pick<Bounds, 'unreadBytes'> {
  /** How long a client may take for its answer, and how much longer for each KiB. */
  readonly readMs: number
  readonly readMsPerKiB: number
}

/**
 * Limits the memory of answers that clients do not read. Each answer must be read in time. Together they may take
 * `unreadBytes`. Beyond that, the caller with the most unread bytes loses its longest-waiting connection, so that
 * nobody else is affected. Bytes that all readers share do not count, because they are in memory only once.
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
      if (bytes === 0) return // the system has taken all of it, as it usually does
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

/** The unread answers of one caller, the oldest first, with their bytes. */
interface Held {
  readonly answers: Map<ServerResponse, number>
  bytes: number
}

/** Requests with the same credentials, checked or not, are one caller's. Without credentials the address decides. */
function callerOf({ req }: ServerResponse): string {
  return req.headers.authorization ?? req.socket.remoteAddress ?? ''
}
