import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** The direction of bytes: requests go up, answers down. */
export type Direction = 'up' | 'down'

/** What to do with some bytes: how many to pass on, and whether to cut the connection then. */
export interface Verdict {
  readonly pass: number
  readonly isCut: boolean
}

/** Judges the bytes of one connection, in order. */
export type Judge = (direction: Direction, bytes: Buffer) => Verdict

/** A proxy between two sides, whose network can fail in all ways. */
export interface NetworkProxy {
  readonly port: number
  /** How many connections were cut so far. */
  readonly cuts: number
  /** From now on each connection, open or new, has its own judge. Undefined passes everything on. */
  judgeBy(createJudge: (() => Judge) | undefined): void
  /** Ends every connection, for both sides. */
  cutAll(): void
  /** Makes open connections carry nothing more. Neither side is told before its keep-alive would notice. */
  silence(): void
  /** Accepts new connections that carry nothing. */
  silenceNew(isSilent: boolean): void
  /** Sets where new connections lead. Undefined ends them at once. */
  leadTo(port: number | undefined): void
  close(): Promise<void>
}

/**
 * When the sides of a silent connection are told of its end. PostgreSQL asks for a sign of life after 10 s, and gives
 * up after three in 5 s each. Here, the system would answer for the other side for ever.
 */
const lostAfterMs = 25_000

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  judge: Judge | undefined
  isSilent: boolean
}

/** Listens on a free port of this machine, in front of another port. */
export async function startProxy(target?: number): Promise<NetworkProxy> {
  const pairs = new Set<Pair>()
  const idle = new Set<Socket>()
  let createJudge: (() => Judge) | undefined
  let isNewSilent = false
  let cuts = 0

  const end = (pair: Pair) => {
    if (!pairs.delete(pair)) return
    pair.client.destroy()
    pair.upstream.destroy()
  }

  const carry = (pair: Pair, direction: Direction, from: Socket, to: Socket) => {
    from.on('data', (bytes: Buffer) => {
      if (pair.isSilent) return
      const { pass, isCut } = pair.judge?.(direction, bytes) ?? { pass: bytes.length, isCut: false }
      const isFull = pass > 0 && !to.write(bytes.subarray(0, pass))
      if (isCut) {
        cuts += 1
        // Bytes that were passed on arrive before the end does.
        to.end(() => end(pair))
        from.pause()
      } else if (isFull) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    from.on('error', () => {}) // "close" follows and is passed on
    from.on('end', () => !pair.isSilent && to.end())
    from.on('close', () => !pair.isSilent && end(pair))
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (isNewSilent || target === undefined) {
      client.on('error', () => {})
      if (target === undefined) return void client.destroy()
      idle.add(client)
      client.on('close', () => idle.delete(client))
      return
    }
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const pair: Pair = { client, upstream, judge: createJudge?.(), isSilent: false }
    pairs.add(pair)
    carry(pair, 'up', client, upstream)
    carry(pair, 'down', upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A proxy listens on no port.')

  return {
    port: address.port,
    get cuts() {
      return cuts
    },
    judgeBy(create) {
      createJudge = create
      for (const pair of pairs) pair.judge = create?.()
    },
    cutAll() {
      cuts += pairs.size
      for (const pair of pairs) end(pair)
    },
    silence() {
      for (const pair of pairs) {
        if (!pair.isSilent) setTimeout(() => end(pair), lostAfterMs).unref()
        pair.isSilent = true
      }
    },
    silenceNew(isSilent) {
      isNewSilent = isSilent
    },
    leadTo(port) {
      target = port
    },
    async close() {
      for (const pair of pairs) end(pair)
      for (const socket of idle) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
