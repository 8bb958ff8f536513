import type { Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

/** How long requests in flight may take once the server is told to stop. */
const graceMs = 10_000
const idleCheckMs = 50

/** Stops accepting, and waits for the requests in flight; cuts off those that take too long. */
export async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  // Kept-alive connections end as they fall idle.
  const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs)
  const grace = new AbortController()
  const late = delay(graceMs, undefined, { signal: grace.signal }).then(
    () => server.closeAllConnections(),
    () => {},
  )
  await Promise.race([closed, late.then(() => closed)])
  clearInterval(idle)
  grace.abort()
}

/** Runs `close` when the process is told to stop, then exits with 0; with 1 if it fails or takes too long. */
export function onShutdown(logger: Logger, close: () => Promise<void>): void {
  let stopping = false
  const shutDown = async (reason: string) => {
    // A terminal signals a whole process group, and npm passes the signal on once more.
    if (stopping) return
    stopping = true
    logger.info({ reason }, 'stopping')
    setTimeout(() => process.exit(1), 2 * graceMs).unref()
    try {
      await close()
    } catch (error) {
      logger.error({ err: error }, 'fault')
      process.exit(1)
    }
    logger.info('stopped')
    process.exit(0)
  }
  process.on('SIGINT', () => shutDown('SIGINT'))
  process.on('SIGTERM', () => shutDown('SIGTERM'))
  process.on('disconnect', () => shutDown('disconnect'))
}
