import cluster from 'node:cluster'
import type { PostingEvent } from '@shared-ledger/ledger'
import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** What became of one HTTP request. No headers, bodies, queries or nonces. */
export interface RequestLine {
  readonly method: string
  readonly path: string
  readonly operation: string | undefined
  readonly outcome: string
  readonly status: number
  readonly ms: number
}

/**
 * An app's logger: for people on a terminal, JSON otherwise. LOG_LEVEL sets what is written (`info`). Each line names the
 * app and, where it has several, the worker.
 *
 * @param destination Where lines go instead of stdout.
 */
export function createLogger(app: string, destination?: DestinationStream): Logger {
  const base = { app, ...(cluster.worker && { worker: cluster.worker.id }) }
  const options = { level: process.env.LOG_LEVEL || 'info', base }
  if (destination) return pino(options, destination)
  return process.stdout.isTTY
    ? pino(options, pretty(forPeople))
    : pino(options, pino.destination({ minLength: 1 })) // with 0, `flush` waits for nothing
}

const forPeople = {
  sync: true,
  singleLine: true,
  ignore: 'app,worker',
  messageFormat: '[{app}{if worker} {worker}{end}] {msg}',
}

const maxLoggedLength = 256

/** A hook for the ledger's `onPosting`: one line a posting. */
export function postingLogger(logger: Logger): (event: PostingEvent) => void {
  return ({ ownerId, operation, amount, outcome }) =>
    logger.info({ ownerId: clip(ownerId), operation: clip(operation), amount, outcome }, 'posting')
}

/** Writes one line a request. */
export function logRequest(logger: Logger, line: RequestLine): void {
  const level = line.status >= 500 ? 'warn' : 'info'
  logger[level]({ ...line, path: clip(line.path), ms: Math.round(line.ms * 10) / 10 }, 'request')
}

/** Clients choose these texts: a refused one may be of any length and type. */
function clip(text: unknown): string {
  return String(text).slice(0, maxLoggedLength)
}
