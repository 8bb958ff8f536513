import { connect, type Socket } from 'node:net'

/** A connection to a server that sends one request at a time. */
export interface Connection {
  /** Sends JSON and returns the body. @throws Error unless the status is 200 */
  post(path: string, body: string): Promise<string>
  close(): void
}

/**
 * Opens a connection of a client that needs few instructions, because the processor time that it uses is missing to the
 * server. Libraries for load use as much as a fast server. It reads answers with a Content-Length, as Node sends them.
 */
export function openConnection(url: string, authorization?: string): Promise<Connection> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname).setNoDelay(true)
  const exchange = createExchange(socket)
  const says = authorization === undefined ? '' : `authorization: ${authorization}\r\n`
  const connection: Connection = {
    async post(path, body) {
      const length = Buffer.byteLength(body)
      const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${says}content-type: application/json\r\ncontent-length: ${length}`
      const { status, text } = await exchange(`${head}\r\n\r\n${body}`)
      if (status !== 200) throw new Error(`${url}${path} answered ${status}: ${text}`)
      return text
    },
    close: () => socket.destroy(),
  }
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => resolve(connection))
  })
}

interface Answer {
  readonly status: number
  readonly text: string
}

function createExchange(socket: Socket): (request: string) => Promise<Answer> {
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const answer = readAnswer(received)
    if (!answer) return
    received = Buffer.alloc(0)
    waiting?.resolve(answer)
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('The server closed the connection.')))
  return (request) =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      socket.write(request)
    })
}

/** Returns an answer that has come in full, or undefined when more must come. */
function readAnswer(received: Buffer): Answer | undefined {
  const headLength = received.indexOf('\r\n\r\n')
  if (headLength < 0) return undefined
  const head = received.toString('latin1', 0, headLength)
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  if (length === undefined) throw new Error(`An answer without Content-Length:\n${head}`)
  const from = headLength + 4
  const to = from + Number(length)
  if (received.length < to) return undefined
  return { status: Number(head.slice(9, 12)), text: received.toString('utf8', from, to) }
}
