import cluster from 'node:cluster'
import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Logger } from 'pino'
import type { Connections } from './connections.ts'

/** How long requests in flight may take once the server is told to stop. */
const graceMs = 10_000
/** How long the client of a stream that has ended may take to read the rest of it. */
const streamGraceMs = 1_000

const streams = new WeakSet<object>()

/** Tells that a response goes on until it is ended: its client may never read that. */
export function markStream(response: object): void {
  streams.add(response)
}

/** How long an open connection may take to send a last request once there are no new ones: it may be on its way already. */
const lastRequestMs = 500

/**
 * Returns a function that stops accepting, and waits for the requests in flight. It cuts off those that take too long, and
 * the clients of streams that do not read.
 */
export function createStop(server: Server, connections: Connections): () => Promise<void> {
  return async () => {
    connections.endAfterAnswers()
    const closed = new Promise<void>((resolve) => {
      // Node's own would cut off what has no request at this moment.
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
    server.close() // lets go of what Node has beside the connections
  }
}

/**
 * Exits once the log is written, as far as anyone reads it. What is left to be written on exit, pino tries to
 * write for ever when its reader is gone.
 */
export async function exit(logger: Logger, code: number): Promise<never> {
  await new Promise((resolve) => logger.flush(resolve))
  return process.exit(code)
}

/**
 * Runs `close` when the process is told to stop, then exits: with 0, or 1 if it fails. Kills one that takes 20 s longer
 * than `drainSeconds`.
 *
 * Returns a function that does the same for another reason, and exits with that code.
 */
export function onShutdown(
  logger: Logger,
  { close, drainSeconds }: { close(): Promise<void>; readonly drainSeconds: number },
): (reason: string, code?: number) => Promise<void> {
  let stopping = false
  const shutDown = async (reason: string, code = 0) => {
    // A terminal signals a whole process group, and npm passes the signal on once more.
    if (stopping) return
    stopping = true
    logger.info({ reason }, 'stopping')
    // An exit would still wait for a log whose reader has stopped reading.
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
  // Node ends a worker at once when its primary is gone, with requests in flight; unless it was to leave the primary.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
  return shutDown
}
