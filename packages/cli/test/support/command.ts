import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** One of our commands at work, as npm runs it. */
export interface Command {
  readonly process: ChildProcess
  /** What it and its servers have printed so far. */
  readonly lines: readonly string[]
  /** Resolves with the first line, printed before or after, that matches; rejects if the command ends without one. */
  line(pattern: RegExp): Promise<string>
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
}

/** Starts packages/cli/src/<name>.ts in the project. DATABASE_URL, PORT and the like are those of `env` alone. */
export function command(
  name: string,
  root: string,
  args: readonly string[] = [],
  { env = {}, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Command {
  const { DATABASE_URL: _, PORT: __, HOST: ___, ...inherited } = process.env
  const script = fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url))
  const child = spawn(
    process.execPath,
    ['--conditions=@shared-ledger/source', '--import', 'tsx', script, ...args],
    {
      cwd: root,
      env: { ...inherited, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  child.stdin.end(input)
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const listener of listeners) listener(line)
    })
  }
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code))
  })
  return {
    process: child,
    lines,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (line: string) => {
          if (pattern.test(line)) resolve(line)
        }
        listeners.add(look)
        lines.forEach(look)
        ended.then((code) =>
          reject(new Error(`${name} ended (${code}) without ${pattern}:\n${lines.join('\n')}`)),
        )
      }),
  }
}

/** Runs a command to its end. */
export async function outcomeOf(
  ...started: Parameters<typeof command>
): Promise<{ code: unknown; output: string }> {
  const running = command(...started)
  const code = await running.ended
  return { code, output: running.lines.join('\n') }
}
