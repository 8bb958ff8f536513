import { existsSync } from 'node:fs'
import path from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { findRoot, messageOf } from '@shared-ledger/postgres'
import { say } from './terminal.ts'

/** The options of a command, in the form of `parseArgs`. */
type Options = NonNullable<ParseArgsConfig['options']>

/** What a command was given. */
type Given<Taken extends Options> = Pick<
  ReturnType<typeof parseArgs<{ options: Taken; allowPositionals: true }>>,
  'values' | 'positionals'
>

interface Definition<Taken extends Options> {
  /** One or two words: "start", "migrate new". */
  readonly name: string
  /** The arguments after the name: "[content …] [--workers 2]". */
  readonly usage: string
  /** What it does, as a sentence without a subject: "starts the database". */
  readonly does: string
  /** Further help, such as for an option, as a sentence without its full stop. */
  readonly notes?: string
  readonly options?: Taken
  /** Whether it takes names, such as those of apps. */
  readonly allowPositionals?: boolean
  /** Runs the command with the project's root and its arguments. Returns the exit code. */
  run(root: string, given: Given<Taken>): Promise<number>
}

/** A command of `shared-ledger`. */
export interface Command {
  readonly name: string
  /** What it does, for the list of all commands. */
  readonly does: string
  /** How to call it and what it does, in one line. */
  readonly help: string
  /** Runs it in the project of the working directory. Returns the exit code. @throws Error whose message is for the terminal. */
  run(args: readonly string[]): Promise<number>
}

/** Thrown when a command is called in a wrong way. The command's help is added to the message. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Makes a command. It answers `--help`, and reads the project's `.env` before it runs. */
export function defineCommand<const Taken extends Options = Record<never, never>>(
  definition: Definition<Taken>,
): Command {
  const { name, usage, does, notes } = definition
  const call = ['shared-ledger', name, usage].filter(Boolean).join(' ')
  const help = `${call}: ${does}.${notes ? ` ${notes}.` : ''}`
  return {
    name,
    does,
    help,
    async run(args) {
      if (args.includes('--help') || args.includes('-h')) {
        say(help)
        return 0
      }
      try {
        const given = readArguments(args, definition)
        const root = findRoot()
        const env = path.join(root, '.env')
        if (existsSync(env)) process.loadEnvFile(env)
        return await definition.run(root, given)
      } catch (error) {
        throw error instanceof UsageError ? new Error(`${error.message} ${help}`, { cause: error }) : error
      }
    },
  }
}

/** @throws UsageError that says which argument the command does not take */
export function readArguments<const Taken extends Options>(
  args: readonly string[],
  { allowPositionals = false, options }: Pick<Definition<Taken>, 'allowPositionals' | 'options'>,
): Given<Taken> {
  try {
    return parseArgs({ args: [...args], allowPositionals, ...(options && { options }) })
  } catch (error) {
    // Node goes on to explain names that begin with a dash. None of ours does.
    const [problem] = messageOf(error).split('. ')
    throw new UsageError(`${problem?.replace(/\.$/, '')}.`)
  }
}
