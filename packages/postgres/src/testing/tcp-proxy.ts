import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy in front of a PostgreSQL server. Its network can fail silently. */
export interface TcpProxy {
  /** The server's url, through the proxy. */
  readonly url: string
  /** How many client connections are open. */
  readonly connections: number
  /** Makes the open connections carry nothing more, in either direction. Neither side is told. New connections work. */
  silence(): void
  /** Does the same, and accepts new connections that carry nothing either, until `carry` is called. */
  silenceAll(): void
  /** Makes new connections work again. Silent connections stay silent. */
  carry(): void
  /** Breaks the connections that are open now. New ones work. */
  cut(): void
  close(): Promise<void>
}

/** Starts a proxy in front of the server of a database's url. */
export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const pairs = new Set<readonly [Socket, Socket]>()
  let isCarrying = true

  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {}) // "close" follows and is passed on
    return socket
  }

  // The proxy passes ends on by itself, because a silent connection must not tell one side that the other has left.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client)
    if (!isCarrying) return
    const upstream = keep(
      connect({ port: Number(target.port || 5432), host: target.hostname, allowHalfOpen: true }),
    )
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.pipe(to)
      from.once('close', () => {
        if (pairs.delete(pair)) to.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`

  const silence = () => {
    for (const [client, upstream] of pairs) {
      client.unpipe(upstream)
      upstream.unpipe(client)
    }
    pairs.clear()
  }

  return {
    url: url.href,
    get connections() {
      return pairs.size
    },
    silence,
    silenceAll() {
      isCarrying = false
      silence()
    },
    carry() {
      isCarrying = true
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
