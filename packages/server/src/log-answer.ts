import type { Principal } from '@shared-ledger/ledger/facts'
import type { Logger } from 'pino'
import type { Answer } from './answer.ts'
import { anyone } from './identify.ts'
import { logRequest } from './logger.ts'

/** A request, for its line in the log. */
export interface Asked {
  readonly method: string
  readonly path: string
  /** The path of the server's own page or endpoint that answers. A REST route reports its own path. */
  readonly endpoint: string | undefined
  /** The principal, if the request was identified. */
  readonly principal?: Principal
  readonly hasLeft: () => boolean
  /** When the request came, by `performance.now()`. */
  readonly started: number
}

/** What became of one request. Of the client's own texts it has only the method. */
export interface Answered {
  readonly method: string
  /** The path of the route that answered, with the names of its parameters. Undefined when nothing is served there. */
  readonly route: string | undefined
  readonly status: number
  /** A code, or `ok`. */
  readonly outcome: string
  /** The time until the answer, or until the end of a stream. */
  readonly ms: number
  readonly isStream: boolean
}

/** Called for every request. */
export interface Observer {
  answered(request: Answered): void
  /** Called with the code of a request that was refused for overload or rate. Nothing else is reported about it. */
  refused(code: string): void
  streamOpened(): void
  streamEnded(): void
}

/** Combines several observers into one. Returns undefined when there is none. */
export function observersOf(all: readonly (Observer | undefined)[]): Observer | undefined {
  const observers = all.filter((observer) => observer !== undefined)
  const [first, ...others] = observers
  if (!first || others.length === 0) return first
  return {
    answered(request) {
      for (const observer of observers) observer.answered(request)
    },
    refused(code) {
      for (const observer of observers) observer.refused(code)
    },
    streamOpened() {
      for (const observer of observers) observer.streamOpened()
    },
    streamEnded() {
      for (const observer of observers) observer.streamEnded()
    },
  }
}

/** nginx logs this status for a client that closed its connection before the answer. */
const clientLeftStatus = 499

/** Writes the log line of a request, or of a stream once it has ended. */
export function logAnswer(
  logger: Logger,
  { method, path, endpoint, principal, hasLeft, started }: Asked,
  answer: Answer,
  observer?: Observer,
): void {
  const { operation, route = endpoint, ended = answer.outcome } = answer
  const log = (outcome: string, status = answer.status) => {
    const ms = performance.now() - started
    const isStream = typeof ended !== 'string'
    observer?.answered({ method, route, status, outcome, ms, isStream })
    logRequest(logger, { method, path, principal: nameOf(principal), operation, outcome, status, ms })
  }
  const follow = async (stream: Promise<string>) => {
    observer?.streamOpened()
    const outcome = await stream
    observer?.streamEnded()
    log(outcome)
  }
  if (hasLeft()) log('CLIENT_LEFT', clientLeftStatus)
  else if (typeof ended === 'string') log(ended)
  else void follow(ended)
}

/** Requests that are not authenticated have no name to log. */
function nameOf(principal: Principal | undefined): string | undefined {
  return principal === anyone ? undefined : principal?.name
}
