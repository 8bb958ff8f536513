/** What a command's exit code says. */
export const exitCodes = {
  done: 0,
  /** It failed in a way that none of the others says, or what it checked is wrong. */
  failed: 1,
  /** It was called in a wrong way, or would have had to ask without a terminal. Nothing was done. */
  usage: 2,
  /** The ledger refused it. Nothing was posted. */
  refused: 3,
  /** There is nothing with this id. */
  notFound: 4,
  /** The key is missing or wrong, or may not do this. */
  notAllowed: 5,
  /** The server could not be reached or did not answer. The same command, with the same nonce, may succeed later. */
  unavailable: 6,
  /** Ctrl+C, or another signal, ended it. Shells use this code. */
  interrupted: 130,
} as const

/** Thrown when a command is called in a wrong way. The command's call is added to the message. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Thrown when a command ends with an exit code of its own. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number
  /** What `--json` prints: a code, a message, and what belongs to them. */
  readonly json: object

  constructor(message: string, { exitCode, json }: { readonly exitCode: number; readonly json: object }) {
    super(message)
    this.exitCode = exitCode
    this.json = json
  }
}

/** Returns the exit code that an error stands for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage
  return error instanceof CommandError ? error.exitCode : exitCodes.failed
}
