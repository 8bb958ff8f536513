import type { Principal } from '@shared-ledger/ledger/facts'
import type { Logger } from 'pino'
import type { Answer } from './answer.ts'
import { anyone } from './identify.ts'
import { logRequest } from './logger.ts'

/** A request, for its line in the log. */
export interface Asked {
  readonly method: string
  readonly path: string
  /** The path where a page or an endpoint of the server itself answers; a route of REST tells its own. */
  readonly endpoint: string | undefined
  /** Who asked; left out where that was not told. */
  readonly principal?: Principal
  readonly hasLeft: () => boolean
  /** When it came, by `performance.now()`. */
  readonly started: number
}

/** What became of one request, without what a client chose but for its method. */
export interface Answered {
  readonly method: string
  /** The path of what answered, with the names of its parameters; undefined where nothing is served there. */
  readonly route: string | undefined
  readonly status: number
  /** A code, or `ok`. */
  readonly outcome: string
  /** Until it was answered; of a stream until it ended. */
  readonly ms: number
  readonly isStream: boolean
}

/** Is told of every request. */
export interface Observer {
  answered(request: Answered): void
  /** The code of a request that was one too many. Nothing else is told of it. */
  refused(code: string): void
  streamOpened(): void
  streamEnded(): void
}

/** Several observers as one; undefined where there is none. */
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

/** What nginx logs of a client that closed its connection before it had its answer. */
const clientLeftStatus = 499

/** Writes the line of a request; that of a stream when it has ended. */
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

/** Where nobody is asked who they are, there is nothing to say. */
function nameOf(principal: Principal | undefined): string | undefined {
  return principal === anyone ? undefined : principal?.name
}
