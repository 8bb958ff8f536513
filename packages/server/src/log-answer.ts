import type { Principal } from '@shared-ledger/ledger/facts'
import type { Logger } from 'pino'
import type { Answer } from './answer.ts'
import { anyone } from './identify.ts'
import { logRequest } from './logger.ts'

/** A request, for its line in the log. */
export interface Asked {
  readonly method: string
  readonly path: string
  /** Who asked; left out where that was not told. */
  readonly principal?: Principal
  readonly hasLeft: () => boolean
  /** When it came, by `performance.now()`. */
  readonly started: number
}

/** What nginx logs of a client that closed its connection before it had its answer. */
const clientLeftStatus = 499

/** Writes the line of a request; that of a stream when it has ended. */
export function logAnswer(
  logger: Logger,
  { method, path, principal, hasLeft, started }: Asked,
  answer: Answer,
): void {
  const { operation, ended = answer.outcome } = answer
  const log = (outcome: string, status = answer.status) =>
    logRequest(logger, {
      method,
      path,
      principal: nameOf(principal),
      operation,
      outcome,
      status,
      ms: performance.now() - started,
    })
  if (hasLeft()) log('CLIENT_LEFT', clientLeftStatus)
  else if (typeof ended === 'string') log(ended)
  else void ended.then((outcome) => log(outcome))
}

/** Where nobody is asked who they are, there is nothing to say. */
function nameOf(principal: Principal | undefined): string | undefined {
  return principal === anyone ? undefined : principal?.name
}
