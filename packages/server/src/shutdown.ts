import cluster from 'node:cluster'
import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Logger } from 'pino'
import type { Connections } from './connections.ts'

/** How long requests in flight may take once the server is told to stop. */
const graceMs = 10_000
/** How long a client may take to read the rest of a stream that has ended. */
const streamGraceMs = 1_000

const streams = new WeakSet<object>()

/** Marks a response as a stream, whose client may never read its end. */
export function markStream(response: object): void {
  streams.add(response)
}

/** How long an open connection may take to send a last request, which may already be on its way. */
const lastRequestMs = 500

/**
 * Returns a function that stops accepting connections and waits for the requests in flight. It cuts off requests that
 * take too long, and clients that do not read their streams.
 */
export function createStop(server: Server, connections: Connections): () => Promise<void> {
  return async () => {
    connections.endAfterAnswers()
    const closed = new Promise<void>((resolve) => {
      // Node's own `close` would cut off connections that have no request at this moment.
      NetServer.prototype.close.call(server, () => resolve())
    })
    const timers = [
      setTimeout(() => connections.endIdle(), lastRequestMs),
      setTimeout(() => {
        for (const response of [...connections.open.values()].flatMap((responses) => [...responses])) {
          if (streams.has(response)) response.destroy()
        }
      }, streamGraceMs),
      setTimeout(() => server.closeAllConnections(), graceMs),
    ]
    await closed
    for (const timer of timers) clearTimeout(timer)
    server.close() // stops Node's timer for connections
  }
}

/**
 * Flushes the log, then exits. When the log's reader is gone, pino would try for ever to write what is left at the exit.
 */
export async function exit(logger: Logger, code: number): Promise<never> {
  await new Promise((resolve) => logger.flush(resolve))
  return process.exit(code)
}

/**
 * Runs `close` when the process is told to stop, then exits with 0, or with 1 if it fails. If `close` takes 20 s longer
 * than `drainSeconds`, the process is killed.
 *
 * Returns a function that stops the process for another reason, with the given exit code.
 */
export function onShutdown(
  logger: Logger,
  { close, drainSeconds }: { close(): Promise<void>; readonly drainSeconds: number },
): (reason: string, code?: number) => Promise<void> {
  let stopping = false
  const shutDown = async (reason: string, code = 0) => {
    // A terminal signals the whole process group, and npm passes the signal on as well.
    if (stopping) return
    stopping = true
    logger.info({ reason }, 'stopping')
    // A plain exit would still wait for a log whose reader has stopped reading.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), drainSeconds * 1000 + 2 * graceMs).unref()
    try {
      await close()
    } catch (error) {
      logger.error({ err: error }, 'fault')
      await exit(logger, 1)
    }
    logger.info('stopped')
    await exit(logger, code)
  }
  process.on('SIGINT', () => shutDown('SIGINT'))
  process.on('SIGTERM', () => shutDown('SIGTERM'))
  process.on('disconnect', () => shutDown('disconnect'))
  // Without this, Node would end a worker at once when its primary process is gone, with requests in flight.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
  return shutDown
}
