import type { ServerResponse } from 'node:http'
import type { Bounds } from './bounds.ts'

/** Answers that were written, and that their clients have not taken yet. */
export interface Unread {
  /** Follows an answer that was just written: ends its connection where it is not taken in time. */
  follow(outgoing: ServerResponse): void
}

export interface UnreadOptions extends Pick<Bounds, 'unreadBytes'> {
  /** How long a client may take for its answer, and for each KiB of it beside that. */
  readonly readMs: number
  readonly readMsPerKiB: number
}

/**
 * A client that asks and does not read leaves its answer in the memory of this process. Each has a time in which it must be
 * read. All together have so many bytes: beyond them the connection ends whose answer waits longest.
 */
export function createUnread({ unreadBytes, readMs, readMsPerKiB }: UnreadOptions): Unread {
  const unread = new Map<ServerResponse, number>()
  let held = 0

  const forget = (outgoing: ServerResponse) => {
    held -= unread.get(outgoing) ?? 0
    unread.delete(outgoing)
  }
  const cutOff = (outgoing: ServerResponse) => {
    forget(outgoing)
    outgoing.req.socket.destroy()
  }
  return {
    follow(outgoing) {
      const bytes = outgoing.writableLength
      if (bytes === 0) return // the system has all of it, as it nearly always has
      unread.set(outgoing, bytes)
      held += bytes
      const late = setTimeout(cutOff, readMs + (bytes / 1024) * readMsPerKiB, outgoing)
      outgoing.once('close', () => {
        clearTimeout(late)
        forget(outgoing)
      })
      for (const oldest of unread.keys()) {
        if (held <= unreadBytes || oldest === outgoing) break
        cutOff(oldest)
      }
    },
  }
}
