import { exitCodes } from './exit.ts'

/** Why stdout takes no more, such as ENOSPC. Undefined while it does, and when only its reader is gone. */
let fault: Error | undefined
const closed = new AbortController()

// The terminal was closed (EIO), or `| head` has read enough (EPIPE). Unhandled, the error would end this process at
// once and leave PostgreSQL running. Nobody reads the output any more, but there is still something to stop.
process.stderr.on('error', () => {})
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') fault ??= error
  closed.abort()
})

/** Aborted when stdout takes no more: its reader is gone, or its disk is full. */
export const outputClosed: AbortSignal = closed.signal

/** Prints a line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Prints an answer: lines for a person, or the object in one line. */
export type PrintAnswer = (object: object, lines: readonly string[]) => void

/** Returns how a command prints its answers, with or without `--json`. */
export function answerPrinter(json: boolean): PrintAnswer {
  return (object, lines) => say(json ? JSON.stringify(object) : lines.join('\n'))
}

/** Prints a line beside the output: a question's context, a nonce, a warning. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Prints a text, and resolves when stdout has taken it or takes no more. */
export function sayAndWait(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()))
}

/** Returns the exit code of a command that ended with `code`: another one if what it printed was lost. */
export function codeAfterOutput(code: number): number {
  if (!fault || code !== exitCodes.done) return code
  note(`The output could not be written: ${fault.message}`)
  return exitCodes.failed
}

/** Whether a person can be asked: stdin and stderr are a terminal. Questions go to stderr, so that stdout can be piped. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Returns how many columns a line of stdout may have. Infinity when stdout is no terminal. */
export function columnsOf(stream: NodeJS.WriteStream = process.stdout): number {
  return stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY
}

/** Returns a text in which no character moves the cursor or colours the terminal: they are shown as escapes. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
