import { existsSync } from 'node:fs'
import path from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { findRoot, messageOf } from '@shared-ledger/postgres'
import { UsageError } from './exit.ts'
import { say } from './terminal.ts'

type ParsedOption = NonNullable<ParseArgsConfig['options']>[string]

/** An option, in the form of `parseArgs`, with what its help and its completion say. */
export type Option = ParsedOption & {
  /** What it does, as a sentence without its full stop. */
  readonly about: string
  /** The values that it may have, for completion. */
  readonly choices?: readonly string[]
} & (
    | { readonly type: 'boolean' }
    /** `value` stands for its value in the help: "FILE". */
    | { readonly type: 'string'; readonly value: string }
  )

/** The option of a command whose answer a program may read. */
export const jsonOption = { type: 'boolean', default: false, about: 'prints JSON' } as const

/** The options of a command. */
export type Options = Readonly<Record<string, Option>>

/** What a command was given. */
export type Given<Taken extends Options> = Pick<
  ReturnType<typeof parseArgs<{ options: Taken; allowPositionals: true }>>,
  'values' | 'positionals'
>

/** How a command is called, and what it does. */
export interface Described<Taken extends Options> {
  /** One or two words: "start", "migrate new". */
  readonly name: string
  /** The arguments after the name: "[content …] [--workers 2]". */
  readonly usage: string
  /** What it does, as a sentence without a subject: "starts the database". */
  readonly does: string
  /** Further help, as a sentence without its full stop. */
  readonly notes?: string
  readonly options?: Taken
  /** How many arguments it takes at most, such as names of apps. None when left out. */
  readonly maxArguments?: number
  /** Calls that can be copied, with what each does. */
  readonly examples?: readonly (readonly [call: string, does: string])[]
  /** The values that its first argument may have, for completion. */
  readonly choices?: readonly string[]
}

interface Definition<Taken extends Options> extends Described<Taken> {
  /** Runs the command with its arguments. Returns the exit code. */
  run(given: Given<Taken>): Promise<number>
}

interface ProjectDefinition<Taken extends Options> extends Described<Taken> {
  /** Runs the command with the project's root and its arguments. Returns the exit code. */
  run(root: string, given: Given<Taken>): Promise<number>
}

/** A command of `shared-ledger`. */
export interface Command {
  readonly name: string
  /** What it does, for the list of all commands. */
  readonly does: string
  /** How to call it and what it does, in one line. */
  readonly call: string
  /** `call`, its options and its examples. */
  readonly help: string
  readonly options: Options
  readonly choices: readonly string[]
  readonly examples: readonly (readonly [call: string, does: string])[]
  /** Runs it. Returns the exit code. @throws Error whose message is for the terminal. */
  run(args: readonly string[]): Promise<number>
}

/** Makes a command that runs anywhere. It answers `--help`. */
export function defineCommand<const Taken extends Options = Record<never, never>>(
  definition: Definition<Taken>,
): Command {
  const { name, usage, does, notes, examples = [], choices = [] } = definition
  const options: Options = definition.options ?? {}
  const called = ['shared-ledger', name, usage].filter(Boolean).join(' ')
  const call = `${called}: ${does}.${notes ? ` ${notes}.` : ''}`
  const help = [call, ...helpOfOptions(options), ...helpOfExamples(examples)].join('\n')
  return {
    name,
    does,
    call,
    help,
    options,
    choices,
    examples,
    async run(args) {
      if (args.includes('--help') || args.includes('-h')) {
        say(help)
        return 0
      }
      try {
        return await definition.run(readArguments(args, definition))
      } catch (error) {
        throw error instanceof UsageError
          ? new UsageError(`${error.message} ${call}`, { cause: error })
          : error
      }
    },
  }
}

/** Makes a command that runs in the project of the working directory. It reads the project's `.env` before it runs. */
export function defineProjectCommand<const Taken extends Options = Record<never, never>>(
  definition: ProjectDefinition<Taken>,
): Command {
  return defineCommand({
    ...definition,
    async run(given) {
      const root = findRoot()
      const env = path.join(root, '.env')
      if (existsSync(env)) process.loadEnvFile(env)
      return definition.run(root, given)
    },
  })
}

/** @throws UsageError that says which argument the command does not take */
export function readArguments<const Taken extends Options>(
  args: readonly string[],
  { maxArguments = 0, options }: Pick<Described<Taken>, 'maxArguments' | 'options'>,
): Given<Taken> {
  const given = parsed(args, options)
  const extra = given.positionals[maxArguments]
  if (extra !== undefined) throw new UsageError(`It does not take ${JSON.stringify(extra)}.`)
  return given
}

function parsed<const Taken extends Options>(
  args: readonly string[],
  options: Taken | undefined,
): Given<Taken> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, ...(options && { options }) })
  } catch (error) {
    // Node goes on to explain names that begin with a dash. None of ours does.
    const [problem] = messageOf(error).split('. ')
    throw new UsageError(`${problem?.replace(/\.$/, '')}.`)
  }
}

/** A line for each option that says what it does. */
function helpOfOptions(options: Options): string[] {
  const rows = Object.entries(options).map(([name, option]) => {
    const { short, type, about } = option
    const value = type === 'string' ? option.value : undefined
    return [[short && `-${short},`, `--${name}`, value].filter(Boolean).join(' '), about]
  })
  return rows.length === 0 ? [] : ['', 'Options:', ...columns(rows)]
}

function helpOfExamples(examples: readonly (readonly [call: string, does: string])[]): string[] {
  return examples.length === 0 ? [] : ['', 'Examples:', ...columns(examples)]
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([first = '']) => first.length))
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}  ${second}`)
}
