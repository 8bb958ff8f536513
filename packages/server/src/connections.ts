import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A server's connections, each with its requests that have no complete answer yet. */
export interface Connections {
  readonly open: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>
  /** Has every answer end its connection from now on: clients that have more to ask open another one, elsewhere. */
  endAfterAnswers(): void
  /** Ends every connection that has no such request, now or later. */
  endIdle(): void
}

/** Follows a server's connections: Node knows no end of those over which no request was ever sent. */
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
