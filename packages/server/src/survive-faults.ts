import type { Logger } from 'pino'

/**
 * Keeps the process running after an unhandled rejection or exception. Everything that must not be lost is in the
 * database, and other requests go on. Each fault is logged with the number so far. After memory has run out, no request
 * can be relied on, so `end` ends the process in order.
 */
export function surviveFaults(logger: Logger, end: (reason: string) => void): void {
  let survived = 0
  const survive = (kind: string) => (error: unknown) => {
    if (isOutOfMemory(error)) {
      logger.fatal({ err: error }, kind)
      return end('out of memory')
    }
    survived += 1
    logger.error({ err: error, survived }, kind)
  }
  process.on('unhandledRejection', survive('unhandled rejection'))
  process.on('uncaughtException', survive('uncaught exception'))
}

/** Whether memory outside of V8's heap ran out. When the heap itself is full, V8 ends the process. */
function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return (
    code === 'ENOMEM' ||
    code === 'ERR_MEMORY_ALLOCATION_FAILED' ||
    (error instanceof RangeError && error.message === 'Array buffer allocation failed')
  )
}
