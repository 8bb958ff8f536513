import { autocomplete, confirm, isCancel, password, select, text } from '@clack/prompts'
import { CommandError, exitCodes, UsageError } from './exit.ts'
import { isInteractive } from './terminal.ts'

/** A missing argument: what it is called, and how it is asked for. */
export interface Missing {
  /** Its name in the command's call: "OWNER", "--reason". */
  readonly name: string
  readonly question: string
  /** What an empty answer stands for. Where nobody can be asked, it is taken without a question. */
  readonly usual?: string
}

interface Choice {
  readonly value: string
  readonly hint?: string
}

// Questions go to stderr, so that stdout has the answer alone.
const streams = () => ({ input: process.stdin, output: process.stderr })

/** Returns an argument, asked for on a terminal when it was not given. @throws UsageError without a terminal */
export async function given(value: string | undefined, { name, question, usual }: Missing): Promise<string> {
  if (value !== undefined) return value
  if (!isInteractive()) {
    if (usual === undefined) throw missing(name)
    return usual
  }
  const validate = (answer: string | undefined) => (answer || usual ? undefined : 'An answer is needed.')
  const empty = usual === undefined ? {} : { placeholder: usual, defaultValue: usual }
  return answerOf(await text({ message: question, validate, ...empty, ...streams() }))
}

/** Like `given`, for an argument with a list of values. */
export async function chosen(
  value: string | undefined,
  { name, question }: Missing,
  choices: () => Promise<readonly Choice[]>,
): Promise<string> {
  if (value !== undefined) return value
  if (!isInteractive()) throw missing(name)
  const options = (await choices()).map((choice) => ({ ...choice, label: choice.value }))
  const ask = options.length > 10 ? autocomplete<string> : select<string>
  return answerOf(await ask({ message: question, options, ...streams() }))
}

/** Like `given`, for a secret that is not shown. */
export async function secret({ name, question }: Missing): Promise<string> {
  if (!isInteractive()) throw missing(name)
  const answer = await password({ message: question, ...streams() })
  return answerOf(answer ?? '')
}

/** Asks before something is written. @throws CommandError when the answer is no */
export async function confirmed(question: string): Promise<void> {
  const answer = await confirm({ message: question, initialValue: false, ...streams() })
  if (isCancel(answer) || !answer) throw declined()
}

/** Refuses at once what will have to ask, when nobody can be asked. @throws UsageError */
export function assertMayAsk(yes: boolean): void {
  if (!yes && !isInteractive()) {
    throw new UsageError('There is no terminal to ask on. -y goes on without a question.')
  }
}

function answerOf(answer: string | symbol): string {
  if (typeof answer === 'symbol') throw declined()
  return answer
}

function missing(name: string): UsageError {
  return new UsageError(`${name} is missing.`)
}

function declined(): CommandError {
  const message = 'Nothing was done.'
  return new CommandError(message, { exitCode: exitCodes.failed, json: { code: 'DECLINED', message } })
}
