import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy before a PostgreSQL server, whose network can fail without a word. */
export interface TcpProxy {
  /** The server's url, through the proxy. */
  readonly url: string
  /** How many connections are open on the proxy's side of the client. */
  readonly connections: number
  /**
   * The connections that are open now carry nothing more, in neither direction; neither side hears of an end. New ones
   * work.
   */
  silence(): void
  /** The same, and new connections are taken and carry nothing, until `carry` is called. */
  silenceAll(): void
  /** New connections work again. Silent ones stay silent. */
  carry(): void
  close(): Promise<void>
}

/** Starts a proxy before the server of a database's url. */
export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const pairs = new Set<readonly [Socket, Socket]>()
  let isCarrying = true

  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {}) // its end, which follows, is passed on
    return socket
  }

  // Ends are passed on by hand: a silent connection must not tell one side that the other has left.
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
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
