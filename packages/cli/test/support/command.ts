import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { run as runHere } from '../../src/run.ts'

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

/**
 * Runs a command to its end in this process, which saves the start of another one. Call it for one command at a time. A
 * command that loads an app's file does not notice when the file has changed since the last command.
 */
export async function outcomeHere(
  ...given: Parameters<typeof printedHere>
): Promise<{ code: unknown; output: string }> {
  const { code, output } = await printedHere(...given)
  return { code, output }
}

/** Like `outcomeHere`, with what went to stdout and to stderr. With `keys` or `columns`, the streams are a terminal. */
export async function printedHere(
  name: string,
  root: string,
  args: readonly string[] = [],
  { env, keys, columns }: Pick<Given, 'env'> & Typed = {},
): Promise<{ code: unknown; output: string; stdout: string; stderr: string }> {
  const leave = enter(root, env)
  const leaveTerminal =
    keys === undefined && columns === undefined ? () => {} : enterTerminal({ keys, columns })
  const chunks: { readonly isOutput: boolean; readonly text: string }[] = []
  const writes = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk, ...rest) => {
      chunks.push({ isOutput: stream === process.stdout, text: String(chunk) })
      const done: unknown = rest.at(-1)
      if (typeof done === 'function') done()
      return true
    }),
  )
  const textOf = (wanted: readonly boolean[]) =>
    chunks
      .filter(({ isOutput }) => wanted.includes(isOutput))
      .map(({ text }) => text)
      .join('')
      .trimEnd()
  try {
    const code = await runHere([...name.split(' ').filter(Boolean), ...args])
    return { code, output: textOf([true, false]), stdout: textOf([true]), stderr: textOf([false]) }
  } finally {
    for (const write of writes) write.mockRestore()
    leaveTerminal()
    leave()
  }
}

/** What a person at a terminal does. */
interface Typed {
  /** What is typed, one text after the other, each when a question has been asked. */
  readonly keys?: readonly string[] | undefined
  /** How wide the terminal is. */
  readonly columns?: number | undefined
}

/** Makes this process's streams a terminal. The returned function undoes it. */
function enterTerminal({ keys = [], columns = 80 }: Typed): () => void {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, isRaw: false, setRawMode: () => stdin })
  const before = Object.getOwnPropertyDescriptor(process, 'stdin')
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true })
  const streams = [process.stdout, process.stderr].map((stream) => ({
    stream,
    isTTY: stream.isTTY,
    columns: stream.columns,
  }))
  for (const { stream } of streams) Object.assign(stream, { isTTY: true, columns })
  const left = [...keys]
  // A question puts the terminal into raw mode, and takes keys from then on.
  stdin.setRawMode = ((raw: boolean) => {
    if (raw) setImmediate(() => stdin.write(left.shift() ?? '\u0003'))
    return stdin
  }) as never
  return () => {
    if (before) Object.defineProperty(process, 'stdin', before)
    for (const { stream, ...was } of streams) Object.assign(stream, was)
  }
}

/** Gives this process the folder and the environment of a command. The returned function undoes what the command left. */
function enter(root: string, env: NodeJS.ProcessEnv = {}): () => void {
  const folder = process.cwd()
  const before = { ...process.env }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const listeners = signals.map((signal) => process.listeners(signal))
  process.chdir(root)
  for (const name of Object.keys(before)) if (ofAnother.test(name)) delete process.env[name]
  Object.assign(process.env, env)
  return () => {
    process.chdir(folder)
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
    for (const [index, signal] of signals.entries()) {
      for (const listener of process.listeners(signal))
        if (!listeners[index]?.includes(listener)) process.off(signal, listener)
    }
  }
}

/** Stops the commands that still run, in order. */
export async function stopAll(commands: Command[]): Promise<void> {
  for (const started of commands.splice(0)) {
    started.signalGroup('SIGTERM')
    await started.ended
  }
}
