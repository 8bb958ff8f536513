import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is sent over connections to a server until the process ends. */
export interface Flood {
  readonly connections: number
  /** How many answers to wait for before more is sent. With 0, answers are read and dropped. */
  readonly answers: number
  /** Returns what is sent each time. */
  readonly bytes: () => Buffer
  /** How long a connection pauses before it sends again, or before a new one replaces it. */
  readonly pauseMs?: number
  /** Sends one more byte at this interval after everything is sent. */
  readonly dripMs?: number
  /** Whether it never reads. */
  readonly isDeaf?: boolean
  /** Leaves this long after sending, without reading the answer. */
  readonly leaveMs?: number
}

const answerMark = 'HTTP/1.1 '

/** Runs a flood. A connection that the server closes is replaced. */
export function flood(url: string, options: Flood): void {
  const { hostname, port } = new URL(url)
  for (let index = 0; index < options.connections; index += 1) {
    void keepConnected({ host: hostname, port: Number(port) }, options)
  }
}

async function keepConnected(to: { host: string; port: number }, options: Flood): Promise<never> {
  for (;;) {
    await oneConnection(to, options)
    await sleep(Math.max(options.pauseMs ?? 0, reconnectMs))
  }
}

/** How soon a sender that was cut off comes back. Its own system is the only limit, not its goodwill. */
const reconnectMs = 20

function oneConnection(
  to: { host: string; port: number },
  { answers, bytes, pauseMs = 0, dripMs, isDeaf = false, leaveMs }: Flood,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(to)
    let missing = answers
    const send = () => {
      missing = answers
      socket.write(bytes())
      if (leaveMs !== undefined) setTimeout(() => socket.destroy(), leaveMs)
    }
    const drip = dripMs === undefined ? undefined : setInterval(() => socket.write('a'), dripMs)
    socket.on('connect', send)
    if (isDeaf) socket.pause()
    if (!isDeaf)
      socket.on('data', (chunk) => {
        if (answers === 0) return
        for (let at = chunk.indexOf(answerMark); at >= 0; at = chunk.indexOf(answerMark, at + 1)) missing -= 1
        if (missing > 0) return
        if (pauseMs > 0) setTimeout(send, pauseMs)
        else send()
      })
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      clearInterval(drip)
      resolve()
    })
  })
}
