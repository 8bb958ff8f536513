import { LedgerClientError } from '@shared-ledger/client'
import { CommandError, exitCodes } from '../exit.ts'
import { answerPrinter, type PrintAnswer, say } from '../terminal.ts'
import { type LedgerGraph, openGraph } from './client.ts'
import type { Profile } from './profiles.ts'
import { type TargetOptions, targetOf } from './target.ts'

/** What a command that asks an app's graph works with. */
export interface Session {
  readonly graph: LedgerGraph
  readonly target: Profile
  readonly json: boolean
  readonly answer: PrintAnswer
}

/** The options of a command that asks an app's graph. */
export interface SessionOptions extends TargetOptions {
  readonly json: boolean
}

/**
 * Runs a command with a client of the graph that its options name. With `--json`, an error is printed to stdout as an
 * object too.
 *
 * @param attempts How often a request is sent at most, and how often in a row a live list connects again.
 * @throws CommandError for an error of the client
 */
export async function inSession(
  { values }: { readonly values: SessionOptions },
  use: (session: Session) => Promise<number>,
  { attempts, target = targetOf(values) }: { readonly attempts?: number; readonly target?: Profile } = {},
): Promise<number> {
  const { json } = values
  const graph = openGraph(target, attempts === undefined ? {} : { retry: { attempts } })
  const answer = answerPrinter(json)
  try {
    return await use({ graph, target, json, answer })
  } catch (thrown) {
    const error = thrown instanceof LedgerClientError ? failed(thrown, target) : thrown
    if (json && error instanceof CommandError) say(JSON.stringify({ error: error.json }))
    throw error
  }
}

const notAllowed: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'HTTP_401', 'HTTP_403'])

/** Turns an error of the client into a command's end. */
function failed(error: LedgerClientError, { url }: Profile): CommandError {
  const { code, message, retryable, nonce } = error
  const json = { code, message, ...(nonce !== undefined && { nonce }) }
  if (notAllowed.has(code)) return new CommandError(message, { exitCode: exitCodes.notAllowed, json })
  if (code === 'GRAPHQL_VALIDATION_FAILED') {
    return new CommandError(`The graph of ${url} does not have what this command asks for. ${message}`, {
      exitCode: exitCodes.failed,
      json,
    })
  }
  const again =
    nonce === undefined
      ? ''
      : ` It may have been posted. Run the command again with --nonce ${nonce}: it is not posted twice.`
  return new CommandError(`${url}: ${message}${again}`, {
    exitCode: retryable ? exitCodes.unavailable : exitCodes.failed,
    json,
  })
}
