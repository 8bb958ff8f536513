import { existsSync } from 'node:fs'
import path from 'node:path'
import { findRoot, messageOf } from '@shared-ledger/postgres'

// The terminal was closed (EIO), or `| head` has read enough (EPIPE). Unhandled, that error would end us at once, and
// PostgreSQL would stay: there is nobody to write to, but still something to stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** Prints a line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/**
 * Runs one of our commands in the project: reads `.env`, hands over the project's root and the arguments, and turns an
 * error into its message and exit code 1.
 */
export async function runCommand(command: (root: string, args: string[]) => Promise<number>): Promise<void> {
  try {
    const root = findRoot()
    const env = path.join(root, '.env')
    if (existsSync(env)) process.loadEnvFile(env)
    process.exitCode = await command(root, process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = 1
  }
}
