import { messageOf } from '@shared-ledger/postgres'
import { commandOf, commands, helpOfAll } from './commands.ts'
import { say } from './terminal.ts'

/** Runs the command that the words name, and turns an error into its message. Returns the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  const named = commandOf(words)
  try {
    if (named) return await named.command.run(named.args)
    const [first] = words
    if (first === undefined || first === '--help' || first === '-h') {
      say(helpOfAll())
      return first === undefined ? 1 : 0
    }
    const names = commands.map(({ name }) => name).join(', ')
    throw new Error(`There is no command ${JSON.stringify(first)}. The commands are: ${names}.`)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return 1
  }
}
