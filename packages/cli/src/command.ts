import { existsSync } from 'node:fs'
import path from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { findRoot, messageOf } from '@shared-ledger/postgres'

// The terminal was closed (EIO), or `| head` has read enough (EPIPE). Unhandled, that error would end us at once, and
// PostgreSQL would stay: there is nobody to write to, but still something to stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** Prints a line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** What a command takes, as `parseArgs` knows it. */
type Options = NonNullable<ParseArgsConfig['options']>

/** What a command was given. */
type Given<Taken extends Options> = Pick<
  ReturnType<typeof parseArgs<{ options: Taken; allowPositionals: true }>>,
  'values' | 'positionals'
>

interface CommandOptions<Taken extends Options> {
  /** How it is called and what it does, in one line: the answer to --help, and to what it does not take. */
  readonly usage: string
  readonly options?: Taken
  /** Whether it takes names, such as those of apps. */
  readonly allowPositionals?: boolean
}

/**
 * Runs one of our commands in the project: reads `.env`, hands over the project's root and what the command was given, and
 * turns an error into its message and exit code 1.
 */
export async function runCommand<const Taken extends Options = Record<never, never>>(
  options: CommandOptions<Taken>,
  command: (root: string, given: Given<Taken>) => Promise<number>,
): Promise<void> {
  try {
    const args = process.argv.slice(2)
    if (args.some((arg) => arg === '--help' || arg === '-h')) return say(options.usage)
    const given = readArguments(args, options)
    const root = findRoot()
    const env = path.join(root, '.env')
    if (existsSync(env)) process.loadEnvFile(env)
    process.exitCode = await command(root, given)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = 1
  }
}

/** @throws Error that says what the command does not take, and how it is called. */
export function readArguments<const Taken extends Options>(
  args: string[],
  { usage, allowPositionals = false, options }: CommandOptions<Taken>,
): Given<Taken> {
  try {
    return parseArgs({ args, allowPositionals, ...(options && { options }) })
  } catch (error) {
    // Node goes on to explain how to give a name that begins with a dash: none of ours does.
    const [problem] = messageOf(error).split('. ')
    throw new Error(`${problem?.replace(/\.$/, '')}. ${usage}`)
  }
}
