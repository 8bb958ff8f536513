import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A server's connections, each with its requests that have no complete answer yet. */
export interface Connections {
  readonly open: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>
  /** From now on, each answer closes its connection, so that clients open the next one elsewhere. */
  endAfterAnswers(): void
  /** Closes every connection without an unanswered request, and from now on each one that becomes so. */
  endIdle(): void
}

/** Follows a server's connections. Node does not close connections that never sent a request. */
export function followConnections(server: Server): Connections {
  const open = new Map<Socket, Set<ServerResponse>>()
  let endsAfterAnswers = false
  let isEnding = false
  const endAfter = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close')
  }
  server.on('connection', (socket) => {
    open.set(socket, new Set())
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    const responses = open.get(socket)
    responses?.add(response)
    if (endsAfterAnswers) endAfter(response)
    response.once('close', () => {
      responses?.delete(response)
      if (isEnding && responses?.size === 0) socket.destroySoon()
    })
  })
  return {
    open,
    endAfterAnswers() {
      endsAfterAnswers = true
      for (const responses of open.values()) for (const response of responses) endAfter(response)
    },
    endIdle() {
      isEnding = true
      for (const [socket, responses] of open) if (responses.size === 0) socket.destroy()
    },
  }
}
