import { messageOf } from '@shared-ledger/postgres'
import { commandOf, commands, helpOfAll } from './commands.ts'
import { completionsOf } from './completions.ts'
import { exitCodeOf, exitCodes, UsageError } from './exit.ts'
import { completing } from './shells.ts'
import { say } from './terminal.ts'

/** Runs the command that the words name, and turns an error into its message. Returns the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  const named = commandOf(words)
  try {
    if (words[0] === completing) {
      for (const each of completionsOf(words.slice(1))) say(each)
      return exitCodes.done
    }
    if (named) return await named.command.run(named.args)
    const [first] = words
    if (first === undefined || first === '--help' || first === '-h') {
      say(helpOfAll())
      return first === undefined ? exitCodes.usage : exitCodes.done
    }
    const names = commands.map(({ name }) => name).join(', ')
    throw new UsageError(`There is no command ${JSON.stringify(first)}. The commands are: ${names}.`)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}
