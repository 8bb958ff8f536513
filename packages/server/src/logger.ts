import cluster from 'node:cluster'
import type { PostingEvent } from '@shared-ledger/ledger'
import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import { probes } from './health.ts'
import { currentRequestId } from './request-id.ts'
import { serverSettings } from './settings.ts'

/** What became of one HTTP request. No headers, bodies, queries or nonces. */
interface RequestLine {
  readonly method: string
  readonly path: string
  /** The principal's name, when requests are authenticated. */
  readonly principal: string | undefined
  readonly operation: string | undefined
  readonly outcome: string
  readonly status: number
  readonly ms: number
}

/**
 * Creates an app's logger. It writes for people on a terminal, and JSON otherwise. LOG_LEVEL sets the level. A wrong
 * LOG_LEVEL counts as `info` here, and the start of the server refuses it. Each line has the app's name, the worker's
 * number if there are several, and the id of the request that is being answered.
 *
 * @param destination Where lines go instead of stdout.
 */
export function createLogger(app: string, destination?: DestinationStream): Logger {
  const base = { app, ...(cluster.worker && { worker: cluster.worker.id }) }
  const level = serverSettings.LOG_LEVEL.safeParse(process.env.LOG_LEVEL).data ?? 'info'
  return pino({ level, base, mixin: requestIdLine }, destination ?? standardOutput())
}

/** Returns what each line of a request has in addition: its id. */
function requestIdLine() {
  const requestId = currentRequestId()
  return requestId === undefined ? {} : { requestId }
}

function standardOutput(): DestinationStream {
  return process.stdout.isTTY ? pretty(forPeople) : pino.destination({ minLength: 1 }) // with 0, `flush` waits for nothing
}

const forPeople = {
  sync: true,
  singleLine: true,
  ignore: 'app,worker',
  messageFormat: '[{app}{if worker} {worker}{end}] {msg}',
}

const maxLoggedLength = 256

/** Makes a hook for the ledger's `onPosting` that logs one line per posting. */
export function postingLogger(logger: Logger): (event: PostingEvent) => void {
  return ({ ownerId, operation, amount, outcome }) =>
    logger.info({ ownerId: clip(ownerId), operation: clip(operation), amount, outcome }, 'posting')
}

/** Writes one line per request. Health probes come every few seconds, so their lines are at level debug. */
export function logRequest(logger: Logger, line: RequestLine): void {
  const level = line.status >= 500 ? 'warn' : probes.has(line.path) ? 'debug' : 'info'
  const { path, principal, operation, outcome, ms } = line
  const texts = {
    path: clip(path),
    principal: principal === undefined ? undefined : clip(principal),
    operation: operation === undefined ? undefined : clip(operation),
    outcome: clip(outcome),
  }
  logger[level]({ ...line, ...texts, ms: Math.round(ms * 10) / 10 }, 'request')
}

const refusalLineMs = 1000
const maxNames = 10

/**
 * Counts requests that were refused for overload or rate, and writes one line a second for each code, with the names of
 * up to ten of the principals.
 */
export function refusalLogger(logger: Logger): (outcome: string, principal?: string) => void {
  const counted = new Map<string, { requests: number; readonly names: Set<string> }>()
  const write = (outcome: string) => {
    const { requests = 0, names = [] } = counted.get(outcome) ?? {}
    counted.delete(outcome)
    const principals = [...names]
    logger.warn({ outcome, requests, ...(principals.length > 0 && { principals }) }, 'requests refused')
  }
  return (outcome, principal) => {
    const count = counted.get(outcome) ?? { requests: 0, names: new Set() }
    if (count.requests === 0) setTimeout(write, refusalLineMs, outcome)
    counted.set(outcome, count)
    count.requests += 1
    if (principal !== undefined && count.names.size < maxNames) count.names.add(clip(principal))
  }
}

/** Clients choose these texts. In a refused request they may have any length and type. */
function clip(text: unknown): string {
  return String(text).slice(0, maxLoggedLength)
}
