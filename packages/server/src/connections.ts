import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A server's connections, each with its requests that have no complete answer yet. */
export interface Connections {
  readonly open: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>
  /** Ends every connection that has no such request, now or later. */
  endIdle(): void
}

/** Follows a server's connections: Node knows no end of those over which no request was ever sent. */
export function followConnections(server: Server): Connections {
  const open = new Map<Socket, Set<ServerResponse>>()
  let isEnding = false
  server.on('connection', (socket) => {
    open.set(socket, new Set())
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    const responses = open.get(socket)
    responses?.add(response)
    response.once('close', () => {
      responses?.delete(response)
      if (isEnding && responses?.size === 0) socket.end()
    })
  })
  return {
    open,
    endIdle() {
      isEnding = true
      for (const [socket, responses] of open) if (responses.size === 0) socket.destroy()
    },
  }
}
