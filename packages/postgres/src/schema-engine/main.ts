import { parseArguments } from './arguments.ts'
import { runCommand } from './commands.ts'
import { converse } from './conversation.ts'

const engineArguments = parseArguments(process.argv.slice(2))
if (engineArguments.command === undefined) converse(engineArguments)
else process.exitCode = await runCommand(engineArguments.command, engineArguments)
