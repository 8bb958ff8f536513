import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** One of our commands while it runs. */
export interface Command {
  readonly process: ChildProcess
  /** What it and its servers have printed so far. */
  readonly lines: readonly string[]
  /**
   * Resolves with the first line that matches, printed before or after the call. Rejects if the command ends without
   * one.
   */
  line(pattern: RegExp): Promise<string>
  /** Signals the command and its whole process group, as Ctrl+C does. */
  signalGroup(signal: NodeJS.Signals): void
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
}

interface Given {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
}

/** Starts `shared-ledger <name>` in the project. DATABASE_URL, PORT and the like come from `env` alone. */
export function command(
  name: string,
  root: string,
  args: readonly string[] = [],
  given: Given = {},
): Command {
  const bin = fileURLToPath(new URL('../../bin/shared-ledger.mjs', import.meta.url))
  return run(process.execPath, [bin, ...name.split(' ').filter(Boolean), ...args], root, given)
}

/** Runs npm itself in the project. */
export function npm(root: string, args: readonly string[], { env, ...given }: Given = {}): Command {
  return run('npm', args, root, { ...given, env: { ...env, npm_config_update_notifier: 'false' } })
}

const ofAnother = /^(DATABASE_URL|PORT|HOST|npm_.*)$/

function run(file: string, args: readonly string[], root: string, { env, input = '' }: Given): Command {
  const inherited = Object.entries(process.env).filter(([variable]) => !ofAnother.test(variable))
  const child = spawn(file, args, {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...env },
    detached: true, // its own process group, as a terminal gives to each command
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(input)
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const listener of listeners) listener(line)
    })
  }
  let hasEnded = false
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => {
      hasEnded = true
      resolve(signal ?? code)
    })
  })
  return {
    process: child,
    lines,
    ended,
    signalGroup(signal) {
      if (hasEnded || child.pid === undefined) return
      try {
        process.kill(-child.pid, signal)
      } catch {
        // all of them have just ended
      }
    },
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (line: string) => {
          if (pattern.test(line)) resolve(line)
        }
        listeners.add(look)
        lines.forEach(look)
        ended.then((code) =>
          reject(new Error(`${args.join(' ')} ended (${code}) without ${pattern}:\n${lines.join('\n')}`)),
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

/** Stops the commands that still run, in order. */
export async function stopAll(commands: Command[]): Promise<void> {
  for (const started of commands.splice(0)) {
    started.signalGroup('SIGTERM')
    await started.ended
  }
}
