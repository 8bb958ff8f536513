import { run } from './run.ts'
import { codeAfterOutput } from './terminal.ts'

/** Resolves when all that the stream was given has been written, or when nobody reads it any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

const code = await run(process.argv.slice(2))
// Some commands load files of an app, which may have opened a timer or a connection. It would keep this process running.
await flushed(process.stdout)
const reported = codeAfterOutput(code)
await flushed(process.stderr)
process.exit(reported)
