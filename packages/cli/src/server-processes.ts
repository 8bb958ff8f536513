import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { appOf, chooseApps } from '@shared-ledger/postgres'
import { programBeside, typescript } from './typescript.ts'

const PRIMARY = fileURLToPath(programBeside(import.meta.url, 'primary'))

/** A process that serves an app. */
export interface Serving {
  /** Its address, once it accepts requests. Undefined when it ends before. */
  readonly ready: Promise<string | undefined>
  /** How it ended: "exit code 1" or "SIGKILL". Undefined when it ended in order. */
  readonly ended: Promise<string | undefined>
  /** Sends it a message. One that has ended, or is about to, gets none. */
  send(message: object): void
  /** Tells it to end in order. */
  stop(): void
}

/** One app's server in its own process: the server itself, or the primary of its workers. */
export interface ServerProcess extends Serving {
  readonly app: string
  /** Ends it at once, with its workers. */
  kill(): void
}

export interface ServerOptions {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** How many processes serve the app. */
  readonly workers: number
}

/** Returns the named apps, or all apps with a server. */
export function chooseServers(root: string, names: readonly string[]): string[] {
  return chooseApps(root, names.length > 0 ? names : undefined, 'server')
}

/**
 * Starts an app's server in its own session, so that Ctrl+C reaches it only through us. The end of its channel to us
 * tells it that we are gone.
 */
export function startServerProcess(app: string, { root, env, workers }: ServerOptions): ServerProcess {
  const { server } = appOf(root, app)
  const program = workers > 1 ? [PRIMARY, app, server, String(workers)] : [server]
  const child = spawn(process.execPath, [...typescript, ...program], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return { app, ...follow(child), kill: () => killSession(child) }
}

/** Follows a process that reports when it is ready, as `serve` does. */
export function follow(child: ChildProcess): Serving {
  const ended = endOf(child)
  return {
    ready: Promise.race([readyOf(child), ended.then(() => undefined)]),
    ended,
    send: (message) => void (child.connected && child.send(message, () => {})),
    stop: () => void child.kill('SIGTERM'),
  }
}

function readyOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (typeof message !== 'object' || message === null || !('type' in message) || !('url' in message))
        return
      if (message.type === 'ready' && typeof message.url === 'string') resolve(message.url)
    })
  })
}

function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(undefined)
      else resolve(signal ?? `exit code ${code}`)
    })
  })
}

function killSession(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL') // Windows has no process groups
  }
}
